// Generated from tables.json by generate.py; edit tables.json.
import { Property } from '@servicenow/sdk/core'
import { gatepostAdmin } from '../roles.now'

Property({
    $id: Now.ID['property-tables'],
    name: 'gatepost.tables',
    type: 'string',
    value: 'pm_project,dmn_demand,change_request',
    description: 'Governed tables; events of plans, expenses and approvals are sent for their records.',
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})
