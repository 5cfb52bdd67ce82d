import { Record } from '@servicenow/sdk/core'

// A view of its own: the layouts that people have made for themselves are never touched.
export const gatepostView = Record({
    $id: Now.ID['view'],
    table: 'sys_ui_view',
    data: { name: 'gatepost', title: 'Gatepost' },
})
