// Generated from tables.json by generate.py; edit tables.json.
import { Acl, BusinessRule, Property, Record, Table, DateTimeColumn, DecimalColumn, StringColumn, UrlColumn } from '@servicenow/sdk/core'
import { gatepostAdmin, gatepostWriter } from '../roles.now'
import { gatepostView } from '../views.now'

export const pm_project = Table({
    augments: 'pm_project',
    schema: {
        u_gatepost_stage: StringColumn({ label: 'DoI stage', maxLength: 40 }),
        u_gatepost_implementation: StringColumn({ label: 'Implementation status', maxLength: 40 }),
        u_gatepost_potential: StringColumn({ label: 'Potential status', maxLength: 40 }),
        u_gatepost_gate: StringColumn({ label: 'Gate', maxLength: 40 }),
        u_gatepost_findings: StringColumn({ label: 'Gate findings', maxLength: 4000 }),
        u_gatepost_blockers: StringColumn({ label: 'Gate blockers', maxLength: 4000 }),
        u_gatepost_why: StringColumn({ label: 'Why', maxLength: 4000 }),
        u_gatepost_plan: DecimalColumn({ label: 'Plan net' }),
        u_gatepost_forecast: DecimalColumn({ label: 'Forecast net' }),
        u_gatepost_actual: DecimalColumn({ label: 'Actual net' }),
        u_gatepost_variance: DecimalColumn({ label: 'Variance %' }),
        u_gatepost_checked: DateTimeColumn({ label: 'Gatepost looked' }),
        u_gatepost_link: UrlColumn({ label: 'Gatepost link' }),
    },
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_stage-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_stage',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_implementation-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_implementation',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_potential-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_potential',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_gate-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_gate',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_findings-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_findings',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_blockers-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_blockers',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_why-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_why',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_plan-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_plan',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_forecast-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_forecast',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_actual-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_actual',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_variance-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_variance',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_checked-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_checked',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

Acl({
    $id: Now.ID['pm_project-u_gatepost_link-write'],
    type: 'record',
    operation: 'write',
    table: 'pm_project',
    field: 'u_gatepost_link',
    roles: [gatepostWriter],
    adminOverrides: true,
    description: 'Only Gatepost writes its verdict.',
})

BusinessRule({
    $id: Now.ID['pm_project-gate'],
    name: 'Gatepost gate',
    table: 'pm_project',
    when: 'before',
    action: ['insert', 'update'],
    order: 50,
    active: true,
    description: 'Aborts a move that the gate refuses.',
    script: Now.include('../../scripts/tables/pm_project.gate.js'),
})

BusinessRule({
    $id: Now.ID['pm_project-gate-late'],
    name: 'Gatepost gate, final check',
    table: 'pm_project',
    when: 'before',
    action: ['insert', 'update'],
    order: 10000,
    active: true,
    description: 'Checks again after all other rules: one of them may have moved the record.',
    script: Now.include('../../scripts/tables/pm_project.gate.js'),
})

BusinessRule({
    $id: Now.ID['pm_project-event'],
    name: 'Gatepost event',
    table: 'pm_project',
    when: 'after',
    action: ['insert', 'update', 'delete'],
    order: 9000,
    active: true,
    description: 'Writes an event about the change into the outbox.',
    script: Now.include('../../scripts/event.rule.js'),
})

Property({
    $id: Now.ID['property-gated-pm_project'],
    name: 'gatepost.gated.pm_project',
    type: 'string',
    value: 'state:3',
    description: "Values that a record can enter only through an open gate, as column:value,value; Closed Complete is the platform's own value of a project that has succeeded; Closed Incomplete and Closed Skipped are where cancelled projects end.",
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})

const section_pm_project = Record({
    $id: Now.ID['pm_project-section'],
    table: 'sys_ui_section',
    data: { name: 'pm_project', view: gatepostView, caption: '', header: false, title: true },
})

Record({
    $id: Now.ID['pm_project-section-number'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'number', position: 0 },
})

Record({
    $id: Now.ID['pm_project-section-short_description'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'short_description', position: 1 },
})

Record({
    $id: Now.ID['pm_project-section-state'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'state', position: 2 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_stage'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_stage', position: 3 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_implementation'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_implementation', position: 4 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_potential'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_potential', position: 5 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_gate'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_gate', position: 6 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_findings'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_findings', position: 7 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_blockers'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_blockers', position: 8 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_why'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_why', position: 9 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_plan'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_plan', position: 10 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_forecast'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_forecast', position: 11 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_actual'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_actual', position: 12 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_variance'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_variance', position: 13 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_checked'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_checked', position: 14 },
})

Record({
    $id: Now.ID['pm_project-section-u_gatepost_link'],
    table: 'sys_ui_element',
    data: { sys_ui_section: section_pm_project, element: 'u_gatepost_link', position: 15 },
})

const related_pm_project = Record({
    $id: Now.ID['pm_project-related'],
    table: 'sys_ui_related_list',
    data: { name: 'pm_project', view: gatepostView },
})

Record({
    $id: Now.ID['pm_project-checklist'],
    table: 'sys_ui_related_list_entry',
    data: { list_id: related_pm_project, related_list: 'u_gatepost_checklist.u_task', position: 0 },
})
