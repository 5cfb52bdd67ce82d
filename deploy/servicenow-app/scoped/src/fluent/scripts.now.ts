import '@servicenow/sdk/global'
import { Record, ScheduledScript, ScriptInclude } from '@servicenow/sdk/core'

ScriptInclude({
    $id: Now.ID['include-GatepostInstance'],
    name: 'GatepostInstance',
    description: "Who saves, and on which instance.",
    accessibleFrom: 'package_private',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostInstance.js'),
})

ScriptInclude({
    $id: Now.ID['include-GatepostEvents'],
    name: 'GatepostEvents',
    description: "Writes an event about a change into the outbox.",
    accessibleFrom: 'public',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostEvents.js'),
})

ScriptInclude({
    $id: Now.ID['include-GatepostEventBody'],
    name: 'GatepostEventBody',
    description: "The JSON body of an event, and its signature.",
    accessibleFrom: 'package_private',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostEventBody.js'),
})

ScriptInclude({
    $id: Now.ID['include-GatepostStatus'],
    name: 'GatepostStatus',
    description: "The sender's secret, its breaker, and the self-test of its signature.",
    accessibleFrom: 'package_private',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostStatus.js'),
})

ScriptInclude({
    $id: Now.ID['include-GatepostSender'],
    name: 'GatepostSender',
    description: "Sends the outbox.",
    accessibleFrom: 'package_private',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostSender.js'),
})

ScriptInclude({
    $id: Now.ID['include-GatepostAccess'],
    name: 'GatepostAccess',
    description: "Who may read what belongs to a record.",
    accessibleFrom: 'package_private',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostAccess.js'),
})

ScriptInclude({
    $id: Now.ID['include-GatepostInstallation'],
    name: 'GatepostInstallation',
    description: "What is done once: after the installation, on a clone, before the app is removed.",
    accessibleFrom: 'package_private',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostInstallation.js'),
})

ScriptInclude({
    $id: Now.ID['include-GatepostTestProject'],
    name: 'GatepostTestProject',
    description: "Projects of the test suite: made with a verdict, moved, and removed again.",
    accessibleFrom: 'package_private',
    clientCallable: false,
    active: true,
    script: Now.include('../scripts/GatepostTestProject.js'),
})

ScheduledScript({
    $id: Now.ID['job-send'],
    name: "Gatepost: send the outbox",
    active: true,
    frequency: 'periodically', executionInterval: { seconds: 30 },
    executionStart: '2026-01-01 00:00:00',
    script: "GatepostSender.send();\n",
})

ScheduledScript({
    $id: Now.ID['job-clean'],
    name: "Gatepost: clean the outbox",
    active: true,
    frequency: 'daily', executionTime: { hours: 3, minutes: 0, seconds: 0 }, timeZone: 'UTC',
    executionStart: '2026-01-01 00:00:00',
    script: "GatepostSender.clean();\n",
})

Record({
    $id: Now.ID['fix-finish-installation'],
    table: 'sys_script_fix',
    data: {
        name: "Gatepost: finish installation",
        description: "Binds the app to this instance and tests its signature.",
        before: false,
        record_for_rollback: false,
        unloadable: false,
        script: "// Run once after the first commit of the core set, and again whenever you like: it changes nothing that is set.\nGatepostInstallation.finish();\n",
    },
})

Record({
    $id: Now.ID['fix-release-holds'],
    table: 'sys_script_fix',
    data: {
        name: "Gatepost: release holds",
        description: "Before the app is removed: takes off hold what Gatepost holds.",
        before: false,
        record_for_rollback: false,
        unloadable: false,
        script: "// Run before the app is uninstalled: records that Gatepost holds would stay on hold for ever.\nGatepostInstallation.releaseHolds();\n",
    },
})

Record({
    $id: Now.ID['fix-clean-clone'],
    table: 'sys_script_fix',
    data: {
        name: "Gatepost: clean a clone",
        description: "On a clone: removes queued events, secret, heartbeat and address.",
        before: false,
        record_for_rollback: false,
        unloadable: false,
        script: "// Run on a clone (or as a clone clean-up script): it stops sending and gating in the name of the original.\nGatepostInstallation.cleanClone();\n",
    },
})
