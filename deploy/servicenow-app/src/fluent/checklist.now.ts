import {
    Acl, DateTimeColumn, default_view, IntegerColumn, List, ReferenceColumn, StringColumn, Table,
} from '@servicenow/sdk/core'
import { gatepostAdmin, gatepostWriter } from './roles.now'

export const u_gatepost_checklist = Table({
    name: 'u_gatepost_checklist',
    label: 'Gate checklist',
    display: 'u_sentence',
    actions: ['read', 'create', 'update', 'delete'],
    allowWebServiceAccess: true,
    schema: {
        u_task: ReferenceColumn({ label: 'Record', referenceTable: 'task', cascadeRule: 'delete' }),
        u_stage: StringColumn({ label: 'Stage', maxLength: 40 }),
        u_code: StringColumn({ label: 'Code', maxLength: 80 }),
        u_result: StringColumn({ label: 'Result', maxLength: 20 }),
        u_sentence: StringColumn({ label: 'Sentence', maxLength: 1000 }),
        u_who: StringColumn({ label: 'Who must act', maxLength: 255 }),
        u_since: DateTimeColumn({ label: 'Since' }),
        u_order: IntegerColumn({ label: 'Order' }),
    },
})

export const u_gatepost_heartbeat = Table({
    name: 'u_gatepost_heartbeat',
    label: 'Gatepost heartbeat',
    display: 'u_connection',
    actions: ['read', 'create', 'update', 'delete'],
    allowWebServiceAccess: true,
    schema: {
        u_connection: StringColumn({ label: 'Connection', maxLength: 80 }),
        u_heartbeat_at: DateTimeColumn({ label: 'Last heartbeat' }),
    },
})

Acl({
    $id: Now.ID['checklist-read'],
    type: 'record',
    operation: 'read',
    table: 'u_gatepost_checklist',
    script: Now.include('../scripts/checklist-read.acl.js'),
    adminOverrides: true,
    description: 'Whoever may read the record may read its checklist.',
})

Acl({
    $id: Now.ID['checklist-create'],
    type: 'record',
    operation: 'create',
    table: 'u_gatepost_checklist',
    roles: [gatepostWriter],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['checklist-write'],
    type: 'record',
    operation: 'write',
    table: 'u_gatepost_checklist',
    roles: [gatepostWriter],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['checklist-delete'],
    type: 'record',
    operation: 'delete',
    table: 'u_gatepost_checklist',
    roles: [gatepostWriter],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['heartbeat-read'],
    type: 'record',
    operation: 'read',
    table: 'u_gatepost_heartbeat',
    roles: [gatepostWriter, gatepostAdmin],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['heartbeat-create'],
    type: 'record',
    operation: 'create',
    table: 'u_gatepost_heartbeat',
    roles: [gatepostWriter],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['heartbeat-write'],
    type: 'record',
    operation: 'write',
    table: 'u_gatepost_heartbeat',
    roles: [gatepostWriter],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['heartbeat-delete'],
    type: 'record',
    operation: 'delete',
    table: 'u_gatepost_heartbeat',
    roles: [gatepostWriter],
    adminOverrides: true,
})

// The columns of the checklist as a list shows them.
List({
    table: 'u_gatepost_checklist',
    view: default_view,
    columns: ['u_stage', 'u_result', 'u_sentence', 'u_who', 'u_since', 'u_code'],
})

// What an administrator needs first when events are not sent.
List({
    table: 'u_gatepost_outbox',
    view: default_view,
    columns: ['sys_created_on', 'u_event', 'u_table', 'u_operation', 'u_state', 'u_attempts', 'u_next_attempt', 'u_response'],
})
