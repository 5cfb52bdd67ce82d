import '@servicenow/sdk/global'
import { Acl, Role } from '@servicenow/sdk/core'

export const reader = Role({
    name: 'x_gpost_gatepost.reader',
    description: "The integration user of Gatepost: reads what a verdict rests on.",
    assignableBy: 'admin',
    canDelegate: false,
    grantable: false,
    elevatedPrivilege: false,
    scopedAdmin: false,
})

export const writer = Role({
    name: 'x_gpost_gatepost.writer',
    description: "The integration user of Gatepost, and nobody else: writes the verdict and its checklist.",
    assignableBy: 'admin',
    canDelegate: false,
    grantable: false,
    elevatedPrivilege: false,
    scopedAdmin: false,
})

export const admin = Role({
    name: 'x_gpost_gatepost.admin',
    description: "Runs Gatepost here: its properties, its outbox, its secret, and the contact when it is not active.",
    assignableBy: 'admin',
    canDelegate: false,
    grantable: false,
    elevatedPrivilege: false,
    scopedAdmin: false,
})

Acl({
    $id: Now.ID['acl-verdict-read'],
    type: 'record',
    table: 'x_gpost_gatepost_verdict',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    script: "// Whoever may read the record may read this of it, by the access controls of the record's own table.\nanswer = GatepostAccess.canReadTask(current.getValue('u_task'));\n",
})

Acl({
    $id: Now.ID['acl-verdict-read-writer'],
    type: 'record',
    table: 'x_gpost_gatepost_verdict',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-verdict-create'],
    type: 'record',
    table: 'x_gpost_gatepost_verdict',
    operation: 'create',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-verdict-write'],
    type: 'record',
    table: 'x_gpost_gatepost_verdict',
    operation: 'write',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-verdict-delete'],
    type: 'record',
    table: 'x_gpost_gatepost_verdict',
    operation: 'delete',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-checklist-read'],
    type: 'record',
    table: 'x_gpost_gatepost_checklist',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    script: "// Whoever may read the record may read this of it, by the access controls of the record's own table.\nanswer = GatepostAccess.canReadTask(current.getValue('u_task'));\n",
})

Acl({
    $id: Now.ID['acl-checklist-read-writer'],
    type: 'record',
    table: 'x_gpost_gatepost_checklist',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-checklist-create'],
    type: 'record',
    table: 'x_gpost_gatepost_checklist',
    operation: 'create',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-checklist-write'],
    type: 'record',
    table: 'x_gpost_gatepost_checklist',
    operation: 'write',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-checklist-delete'],
    type: 'record',
    table: 'x_gpost_gatepost_checklist',
    operation: 'delete',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-heartbeat-read'],
    type: 'record',
    table: 'x_gpost_gatepost_heartbeat',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer, admin],
})

Acl({
    $id: Now.ID['acl-heartbeat-create'],
    type: 'record',
    table: 'x_gpost_gatepost_heartbeat',
    operation: 'create',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-heartbeat-write'],
    type: 'record',
    table: 'x_gpost_gatepost_heartbeat',
    operation: 'write',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-heartbeat-delete'],
    type: 'record',
    table: 'x_gpost_gatepost_heartbeat',
    operation: 'delete',
    decisionType: 'allow',
    active: true,
    adminOverrides: false,
    roles: [writer],
})

Acl({
    $id: Now.ID['acl-outbox-read'],
    type: 'record',
    table: 'x_gpost_gatepost_outbox',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-outbox-create'],
    type: 'record',
    table: 'x_gpost_gatepost_outbox',
    operation: 'create',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-outbox-write'],
    type: 'record',
    table: 'x_gpost_gatepost_outbox',
    operation: 'write',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-outbox-delete'],
    type: 'record',
    table: 'x_gpost_gatepost_outbox',
    operation: 'delete',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-sender-read'],
    type: 'record',
    table: 'x_gpost_gatepost_sender',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [writer, admin],
})

Acl({
    $id: Now.ID['acl-sender-create'],
    type: 'record',
    table: 'x_gpost_gatepost_sender',
    operation: 'create',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-sender-write'],
    type: 'record',
    table: 'x_gpost_gatepost_sender',
    operation: 'write',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-sender-delete'],
    type: 'record',
    table: 'x_gpost_gatepost_sender',
    operation: 'delete',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-sender-read-secret'],
    type: 'record',
    table: 'x_gpost_gatepost_sender',
    field: 'u_secret',
    operation: 'read',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})

Acl({
    $id: Now.ID['acl-sender-write-secret'],
    type: 'record',
    table: 'x_gpost_gatepost_sender',
    field: 'u_secret',
    operation: 'write',
    decisionType: 'allow',
    active: true,
    adminOverrides: true,
    roles: [admin],
})
