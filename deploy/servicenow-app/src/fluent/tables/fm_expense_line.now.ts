// Generated from tables.json by generate.py; edit tables.json.
import { BusinessRule } from '@servicenow/sdk/core'

BusinessRule({
    $id: Now.ID['fm_expense_line-event'],
    name: 'Gatepost event',
    table: 'fm_expense_line',
    when: 'after',
    action: ['insert', 'update', 'delete'],
    order: 9000,
    active: true,
    description: 'Writes an event about the record that this belongs to into the outbox.',
    script: Now.include('../../scripts/tables/fm_expense_line.event.js'),
})
