// Generated from tables.json by generate.py; edit tables.json.
import { BusinessRule } from '@servicenow/sdk/core'

BusinessRule({
    $id: Now.ID['sysapproval_approver-event'],
    name: 'Gatepost event',
    table: 'sysapproval_approver',
    when: 'after',
    action: ['insert', 'update', 'delete'],
    order: 9000,
    active: true,
    description: 'Writes an event about the record that this belongs to into the outbox.',
    script: Now.include('../../scripts/tables/sysapproval_approver.event.js'),
})
