import '@servicenow/sdk/global'
import { ApplicationMenu, Record } from '@servicenow/sdk/core'
import { admin } from './rights.now'

const menu = ApplicationMenu({
    $id: Now.ID['menu'],
    title: 'Gatepost',
    name: 'Gatepost',
    active: true,
    order: 900,
    roles: [admin],
})

Record({
    $id: Now.ID['module-0'],
    table: 'sys_app_module',
    data: {
        title: "Gatepost verdict",
        application: menu,
        active: true,
        link_type: 'LIST',
        name: 'x_gpost_gatepost_verdict',
        query: "",
        order: 100,
        roles: ['x_gpost_gatepost.admin'],
    },
})

Record({
    $id: Now.ID['module-1'],
    table: 'sys_app_module',
    data: {
        title: "Gate checklist",
        application: menu,
        active: true,
        link_type: 'LIST',
        name: 'x_gpost_gatepost_checklist',
        query: "",
        order: 200,
        roles: ['x_gpost_gatepost.admin'],
    },
})

Record({
    $id: Now.ID['module-2'],
    table: 'sys_app_module',
    data: {
        title: "Gatepost heartbeat",
        application: menu,
        active: true,
        link_type: 'LIST',
        name: 'x_gpost_gatepost_heartbeat',
        query: "",
        order: 300,
        roles: ['x_gpost_gatepost.admin'],
    },
})

Record({
    $id: Now.ID['module-3'],
    table: 'sys_app_module',
    data: {
        title: "Gatepost event",
        application: menu,
        active: true,
        link_type: 'LIST',
        name: 'x_gpost_gatepost_outbox',
        query: "",
        order: 400,
        roles: ['x_gpost_gatepost.admin'],
    },
})

Record({
    $id: Now.ID['module-4'],
    table: 'sys_app_module',
    data: {
        title: "Gatepost sender",
        application: menu,
        active: true,
        link_type: 'LIST',
        name: 'x_gpost_gatepost_sender',
        query: "",
        order: 500,
        roles: ['x_gpost_gatepost.admin'],
    },
})

Record({
    $id: Now.ID['module-5'],
    table: 'sys_app_module',
    data: {
        title: "Properties",
        application: menu,
        active: true,
        link_type: 'DIRECT',
        name: '',
        query: "system_properties_ui.do?sysparm_title=Gatepost&sysparm_category=Gatepost",
        order: 600,
        roles: ['x_gpost_gatepost.admin'],
    },
})
