// Generated from tables.json by generate.py; edit tables.json.
import { BusinessRule } from '@servicenow/sdk/core'

BusinessRule({
    $id: Now.ID['cost_plan-event'],
    name: 'Gatepost event',
    table: 'cost_plan',
    when: 'after',
    action: ['insert', 'update', 'delete'],
    order: 9000,
    active: true,
    description: 'Writes an event about the record that this belongs to into the outbox.',
    script: Now.include('../../scripts/tables/cost_plan.event.js'),
})
