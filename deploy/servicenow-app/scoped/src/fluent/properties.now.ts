import '@servicenow/sdk/global'
import { Property, Record } from '@servicenow/sdk/core'
import { admin } from './rights.now'

const category = Record({
    $id: Now.ID['property-category'],
    table: 'sys_properties_category',
    data: { name: 'Gatepost', title: 'Gatepost: the gate, events and their receiver' },
})

const instance = Property({
    $id: Now.ID['property-instance'],
    name: 'x_gpost_gatepost.instance',
    type: 'string',
    value: "",
    description: "The name of the instance that the app belongs to; where it differs from instance_name, as on a clone, the app neither gates nor sends. Set by the fix script Gatepost: finish installation.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-instance'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: instance, order: 100 },
})

const endpoint = Property({
    $id: Now.ID['property-endpoint'],
    name: 'x_gpost_gatepost.endpoint',
    type: 'string',
    value: "",
    description: "Where events are sent, such as https://gatepost.example/hooks/servicenow-main.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-endpoint'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: endpoint, order: 101 },
})

const mid_server = Property({
    $id: Now.ID['property-mid_server'],
    name: 'x_gpost_gatepost.mid_server',
    type: 'string',
    value: "",
    description: "The MID server through which events are sent; empty sends them directly.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-mid_server'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: mid_server, order: 102 },
})

const tables = Property({
    $id: Now.ID['property-tables'],
    name: 'x_gpost_gatepost.tables',
    type: 'string',
    value: "pm_project,dmn_demand,change_request",
    description: "Governed tables; events of plans, expenses and approvals are sent for their records.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-tables'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: tables, order: 103 },
})

const stale_minutes = Property({
    $id: Now.ID['property-stale_minutes'],
    name: 'x_gpost_gatepost.stale_minutes',
    type: 'integer',
    value: "60",
    description: "Minutes for which a verdict is valid after Gatepost was last active.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-stale_minutes'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: stale_minutes, order: 104 },
})

const when_stale = Property({
    $id: Now.ID['property-when_stale'],
    name: 'x_gpost_gatepost.when_stale',
    type: 'choicelist',
    value: "closed",
    choices: ["closed", "open"],
    description: "What an expired verdict does: closed refuses every gated move, open allows it.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-when_stale'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: when_stale, order: 105 },
})

const when_unassessed = Property({
    $id: Now.ID['property-when_unassessed'],
    name: 'x_gpost_gatepost.when_unassessed',
    type: 'choicelist',
    value: "open",
    choices: ["open", "closed"],
    description: "Whether a record that Gatepost has never assessed may enter a gated value.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-when_unassessed'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: when_unassessed, order: 106 },
})

const gate_names = Property({
    $id: Now.ID['property-gate_names'],
    name: 'x_gpost_gatepost.gate_names',
    type: 'string',
    value: "",
    description: "Names of the gate states where the mapping renames them, such as open:Offen;blocked:Gesperrt.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-gate_names'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: gate_names, order: 107 },
})

const exempt_writer = Property({
    $id: Now.ID['property-exempt_writer'],
    name: 'x_gpost_gatepost.exempt_writer',
    type: 'boolean',
    value: "true",
    description: "Whether the integration user itself may move records while the gate is shut.",
    isPrivate: false,
    ignoreCache: false,
    roles: { read: [admin], write: [admin] },
})
Record({
    $id: Now.ID['property-page-exempt_writer'],
    table: 'sys_properties_category_m2m',
    data: { category: category, property: exempt_writer, order: 108 },
})
