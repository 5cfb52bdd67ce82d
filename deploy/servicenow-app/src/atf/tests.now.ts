import '@servicenow/sdk/global'
import { Subflow, action, wfa } from '@servicenow/sdk/automation'
import { ImportSet, Record, StringColumn, Table, Test } from '@servicenow/sdk/core'

// A flow that closes whatever project it is given: what a customer's own flow would do.
export const closeProject = Subflow(
    {
        $id: Now.ID['atf-flow-close'],
        name: 'Gatepost test: close a project',
        internalName: 'gatepost_test_close_a_project',
        description: 'Sets a project to Closed Complete, for the test suite of Gatepost alone.',
        runAs: 'system',
        access: 'package_private',
        inputs: { project: StringColumn({ label: 'Project', maxLength: 32, mandatory: true }) },
    },
    (params) => {
        wfa.action(
            action.core.updateRecord,
            { $id: Now.ID['atf-flow-close-update'] },
            {
                table_name: 'pm_project',
                record: wfa.dataPill(params.inputs.project, 'reference'),
                values: TemplateValue({ state: 3 }),
            }
        )
    }
)

// Two ways to import: with business rules and, as the vendor recommends for speed, without.
export const x_gpost_gatepost_import_ruled = Table({
    name: 'x_gpost_gatepost_import_ruled',
    label: 'Gatepost test: import with rules',
    extends: 'sys_import_set_row',
    allowWebServiceAccess: true,
    audit: false,
    schema: {
        u_project: StringColumn({ label: 'Project', maxLength: 32 }),
        u_new_state: StringColumn({ label: 'New state', maxLength: 40 }),
    },
})
export const x_gpost_gatepost_import_bare = Table({
    name: 'x_gpost_gatepost_import_bare',
    label: 'Gatepost test: import without rules',
    extends: 'sys_import_set_row',
    allowWebServiceAccess: true,
    audit: false,
    schema: {
        u_project: StringColumn({ label: 'Project', maxLength: 32 }),
        u_new_state: StringColumn({ label: 'New state', maxLength: 40 }),
    },
})
ImportSet({
    $id: Now.ID['atf-map-ruled'],
    name: 'Gatepost test: import with rules',
    sourceTable: 'x_gpost_gatepost_import_ruled',
    targetTable: 'pm_project',
    active: true,
    runBusinessRules: true,
    createOnEmptyCoalesce: false,
    fields: { sys_id: { sourceField: 'u_project', coalesce: true }, state: 'u_new_state' },
})
ImportSet({
    $id: Now.ID['atf-map-bare'],
    name: 'Gatepost test: import without rules',
    sourceTable: 'x_gpost_gatepost_import_bare',
    targetTable: 'pm_project',
    active: true,
    runBusinessRules: false,
    createOnEmptyCoalesce: false,
    fields: { sys_id: { sourceField: 'u_project', coalesce: true }, state: 'u_new_state' },
})

export const signs = Test(
    {
        $id: Now.ID['atf-signs'],
        name: 'Gatepost: a known text is signed as it should be',
        description: 'Calls the self-test of the signature with a secret of 32 letters, and asserts that it says ok.',
        active: true,
        failOnServerError: true,
    },
    (atf) => {
        atf.server.runServerSideScript({ $id: Now.ID['atf-signs-1'], script: Now.include('../scripts/atf/signs.js') })
    }
)
export const refuses = Test(
    {
        $id: Now.ID['atf-refuses'],
        name: 'Gatepost: a save past a shut gate is refused',
        description:
            'Gives a project a shut gate, sets it to Closed Complete in a script, and asserts that it is not; with an open gate that it is; and that Closed Incomplete is free.',
        active: true,
        failOnServerError: false,
    },
    (atf) => {
        atf.server.runServerSideScript({ $id: Now.ID['atf-refuses-1'], script: Now.include('../scripts/atf/refuses.js') })
    }
)
export const rollsUp = Test(
    {
        $id: Now.ID['atf-rolls-up'],
        name: 'Gatepost: the roll-up of child states',
        description:
            'Closes the only child of a project with a shut gate, and asserts that the roll-up does not close the project; where it does, the message says that only the sweep sees it.',
        active: true,
        failOnServerError: false,
    },
    (atf) => {
        atf.server.runServerSideScript({ $id: Now.ID['atf-rolls-up-1'], script: Now.include('../scripts/atf/rolls-up.js') })
    }
)
export const flow = Test(
    {
        $id: Now.ID['atf-flow'],
        name: 'Gatepost: a flow that closes a project',
        description:
            'Runs the subflow that sets a project with a shut gate to Closed Complete, and asserts that the project is not closed.',
        active: true,
        failOnServerError: false,
    },
    (atf) => {
        atf.server.runServerSideScript({ $id: Now.ID['atf-flow-1'], script: Now.include('../scripts/atf/flow.js') })
    }
)
export const imports = Test(
    {
        $id: Now.ID['atf-imports'],
        name: 'Gatepost: transform maps with and without business rules',
        description:
            'Imports a row that closes a project with a shut gate: through the map that runs business rules it is refused; through the one that runs none it passes, which is documented and found by the sweep.',
        active: true,
        failOnServerError: false,
    },
    (atf) => {
        atf.server.runServerSideScript({ $id: Now.ID['atf-imports-1'], script: Now.include('../scripts/atf/imports.js') })
    }
)

const suite = Record({
    $id: Now.ID['atf-suite'],
    table: 'sys_atf_test_suite',
    data: {
        name: 'Gatepost',
        description: 'The gate, its ways around and the signature. Needs the gate of pm_project; makes and removes its own records.',
        active: true,
    },
})
Record({ $id: Now.ID['atf-suite-1'], table: 'sys_atf_test_suite_test', data: { test_suite: suite, test: signs, order: 100 } })
Record({ $id: Now.ID['atf-suite-2'], table: 'sys_atf_test_suite_test', data: { test_suite: suite, test: refuses, order: 200 } })
Record({ $id: Now.ID['atf-suite-3'], table: 'sys_atf_test_suite_test', data: { test_suite: suite, test: rollsUp, order: 300 } })
Record({ $id: Now.ID['atf-suite-4'], table: 'sys_atf_test_suite_test', data: { test_suite: suite, test: flow, order: 400 } })
Record({ $id: Now.ID['atf-suite-5'], table: 'sys_atf_test_suite_test', data: { test_suite: suite, test: imports, order: 500 } })
