import {
    Acl, BusinessRule, DateTimeColumn, IntegerColumn, ScheduledScript, StringColumn, Table,
} from '@servicenow/sdk/core'
import { gatepostAdmin } from './roles.now'

export const u_gatepost_outbox = Table({
    name: 'u_gatepost_outbox',
    label: 'Gatepost event',
    display: 'u_event',
    actions: ['read'],
    schema: {
        u_event: StringColumn({ label: 'Event', maxLength: 160 }),
        u_table: StringColumn({ label: 'Table', maxLength: 80 }),
        u_record: StringColumn({ label: 'Record', maxLength: 32 }),
        u_operation: StringColumn({ label: 'Operation', maxLength: 20 }),
        u_body: StringColumn({ label: 'Body', maxLength: 4000 }),
        u_state: StringColumn({ label: 'State', maxLength: 20 }),
        u_attempts: IntegerColumn({ label: 'Attempts' }),
        u_next_attempt: DateTimeColumn({ label: 'Next attempt' }),
        u_response: StringColumn({ label: 'Response', maxLength: 255 }),
        u_order: StringColumn({ label: 'Order', maxLength: 20 }),
    },
})

export const u_gatepost_lock = Table({
    name: 'u_gatepost_lock',
    label: 'Gatepost sender lock',
    actions: ['read'],
    schema: {
        u_holder: StringColumn({ label: 'Holder', maxLength: 40 }),
        u_until: StringColumn({ label: 'Until', maxLength: 20 }),
    },
})

Acl({
    $id: Now.ID['outbox-read'],
    type: 'record',
    operation: 'read',
    table: 'u_gatepost_outbox',
    roles: [gatepostAdmin],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['outbox-write'],
    type: 'record',
    operation: 'write',
    table: 'u_gatepost_outbox',
    roles: [gatepostAdmin],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['outbox-delete'],
    type: 'record',
    operation: 'delete',
    table: 'u_gatepost_outbox',
    roles: [gatepostAdmin],
    adminOverrides: true,
})

Acl({
    $id: Now.ID['lock-read'],
    type: 'record',
    operation: 'read',
    table: 'u_gatepost_lock',
    roles: [gatepostAdmin],
    adminOverrides: true,
})

BusinessRule({
    $id: Now.ID['outbox-send-now'],
    name: 'Gatepost: send at once',
    table: 'u_gatepost_outbox',
    when: 'async',
    action: ['insert'],
    order: 100,
    active: true,
    description: 'Sends the outbox as soon as an event is added; the job every minute sends the rest.',
    script: Now.include('../scripts/send-now.rule.js'),
})

ScheduledScript({
    $id: Now.ID['job-send'],
    name: 'Gatepost: send the outbox',
    frequency: 'periodically',
    executionInterval: { minutes: 1 },
    executionStart: '2026-01-01 00:00:00',
    active: true,
    script: Now.include('../scripts/send.job.js'),
})

ScheduledScript({
    $id: Now.ID['job-clean'],
    name: 'Gatepost: clean the outbox',
    frequency: 'daily',
    executionTime: { hours: 3, minutes: 0, seconds: 0 },
    timeZone: 'UTC',
    executionStart: '2026-01-01 00:00:00',
    active: true,
    script: Now.include('../scripts/clean.job.js'),
})
