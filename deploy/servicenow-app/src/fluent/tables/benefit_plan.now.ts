// Generated from tables.json by generate.py; edit tables.json.
import { BusinessRule } from '@servicenow/sdk/core'

BusinessRule({
    $id: Now.ID['benefit_plan-event'],
    name: 'Gatepost event',
    table: 'benefit_plan',
    when: 'after',
    action: ['insert', 'update', 'delete'],
    order: 9000,
    active: true,
    description: 'Writes an event about the record that this belongs to into the outbox.',
    script: Now.include('../../scripts/tables/benefit_plan.event.js'),
})
