import '@servicenow/sdk/global'
import { List, Table, default_view, DateTimeColumn, DecimalColumn, IntegerColumn, Password2Column, ReferenceColumn, StringColumn, UrlColumn } from '@servicenow/sdk/core'

export const x_gpost_gatepost_verdict = Table({
    name: 'x_gpost_gatepost_verdict',
    label: "Gatepost verdict",
    display: 'u_gate',
    accessibleFrom: 'public',
    actions: ['read'],
    allowWebServiceAccess: true,
    audit: false,
    attributes: { no_audit: true },
    extensible: false,
    textIndex: false,
    schema: {
        u_task: ReferenceColumn({ label: "Record", referenceTable: 'task', cascadeRule: 'delete', unique: true }),
        u_stage: StringColumn({ label: "DoI stage", maxLength: 40 }),
        u_implementation: StringColumn({ label: "Implementation status", maxLength: 40 }),
        u_potential: StringColumn({ label: "Potential status", maxLength: 40 }),
        u_gate: StringColumn({ label: "Gate", maxLength: 40 }),
        u_findings: StringColumn({ label: "Gate findings", maxLength: 4000 }),
        u_blockers: StringColumn({ label: "Gate blockers", maxLength: 4000 }),
        u_why: StringColumn({ label: "Why", maxLength: 4000 }),
        u_plan: DecimalColumn({ label: "Plan net" }),
        u_forecast: DecimalColumn({ label: "Forecast net" }),
        u_actual: DecimalColumn({ label: "Actual net" }),
        u_variance: DecimalColumn({ label: "Variance %" }),
        u_checked: DateTimeColumn({ label: "Gatepost looked" }),
        u_link: UrlColumn({ label: "Gatepost link" }),
    },
})
List({ table: 'x_gpost_gatepost_verdict', view: default_view, columns: ['u_task', 'u_gate', 'u_stage', 'u_blockers', 'u_checked'] })

export const x_gpost_gatepost_checklist = Table({
    name: 'x_gpost_gatepost_checklist',
    label: "Gate checklist",
    display: 'u_sentence',
    accessibleFrom: 'public',
    actions: ['read'],
    allowWebServiceAccess: true,
    audit: false,
    attributes: { no_audit: true },
    extensible: false,
    textIndex: false,
    schema: {
        u_task: ReferenceColumn({ label: "Record", referenceTable: 'task', cascadeRule: 'delete' }),
        u_stage: StringColumn({ label: "Stage", maxLength: 40 }),
        u_code: StringColumn({ label: "Code", maxLength: 80 }),
        u_result: StringColumn({ label: "Result", maxLength: 20 }),
        u_sentence: StringColumn({ label: "Sentence", maxLength: 1000 }),
        u_who: StringColumn({ label: "Who must act", maxLength: 255 }),
        u_since: DateTimeColumn({ label: "Since" }),
        u_order: IntegerColumn({ label: "Order" }),
    },
})
List({ table: 'x_gpost_gatepost_checklist', view: default_view, columns: ['u_stage', 'u_result', 'u_sentence', 'u_who', 'u_since', 'u_code'] })

export const x_gpost_gatepost_heartbeat = Table({
    name: 'x_gpost_gatepost_heartbeat',
    label: "Gatepost heartbeat",
    display: 'u_connection',
    accessibleFrom: 'public',
    actions: ['read'],
    allowWebServiceAccess: true,
    audit: false,
    attributes: { no_audit: true },
    extensible: false,
    textIndex: false,
    schema: {
        u_connection: StringColumn({ label: "Connection", maxLength: 80, unique: true }),
        u_heartbeat_at: DateTimeColumn({ label: "Last heartbeat" }),
        u_unwritten: StringColumn({ label: "Verdicts not up to date", maxLength: 4000 }),
    },
})
List({ table: 'x_gpost_gatepost_heartbeat', view: default_view, columns: ['u_connection', 'u_heartbeat_at', 'u_unwritten'] })

export const x_gpost_gatepost_outbox = Table({
    name: 'x_gpost_gatepost_outbox',
    label: "Gatepost event",
    display: 'u_event',
    accessibleFrom: 'public',
    actions: ['read'],
    allowWebServiceAccess: false,
    audit: false,
    attributes: { no_audit: true },
    extensible: false,
    textIndex: false,
    index: [{ name: 'due', unique: false, element: ['u_state', 'u_next_attempt', 'u_order'] }],
    schema: {
        u_event: StringColumn({ label: "Event", maxLength: 160 }),
        u_table: StringColumn({ label: "Table", maxLength: 80 }),
        u_record: StringColumn({ label: "Record", maxLength: 32 }),
        u_operation: StringColumn({ label: "Operation", maxLength: 20 }),
        u_body: StringColumn({ label: "Body", maxLength: 4000 }),
        u_state: StringColumn({ label: "State", maxLength: 20 }),
        u_attempts: IntegerColumn({ label: "Attempts" }),
        u_next_attempt: DateTimeColumn({ label: "Next attempt" }),
        u_response: StringColumn({ label: "Response", maxLength: 255 }),
        u_order: StringColumn({ label: "Order", maxLength: 20 }),
    },
})
List({ table: 'x_gpost_gatepost_outbox', view: default_view, columns: ['sys_created_on', 'u_event', 'u_table', 'u_operation', 'u_state', 'u_attempts', 'u_next_attempt', 'u_response'] })

export const x_gpost_gatepost_sender = Table({
    name: 'x_gpost_gatepost_sender',
    label: "Gatepost sender",
    display: 'u_name',
    accessibleFrom: 'public',
    actions: ['read'],
    allowWebServiceAccess: true,
    audit: false,
    attributes: { no_audit: true },
    extensible: false,
    textIndex: false,
    schema: {
        u_name: StringColumn({ label: "Name", maxLength: 40, unique: true }),
        u_secret: Password2Column({ label: "Secret" }),
        u_failed_runs: IntegerColumn({ label: "Failed runs in a row" }),
        u_resume_at: DateTimeColumn({ label: "Sends again at" }),
        u_self_test: StringColumn({ label: "Signing self-test", maxLength: 255 }),
        u_self_tested_at: DateTimeColumn({ label: "Self-test at" }),
    },
})
List({ table: 'x_gpost_gatepost_sender', view: default_view, columns: ['u_name', 'u_self_test', 'u_self_tested_at', 'u_failed_runs', 'u_resume_at'] })
