import { ScriptInclude } from '@servicenow/sdk/core'

ScriptInclude({
    $id: Now.ID['script-gate'],
    name: 'GatepostGate',
    description: 'Decides whether a record may move.  Reads no record and shows no message.',
    script: Now.include('../scripts/GatepostGate.js'),
})

ScriptInclude({
    $id: Now.ID['script-guard'],
    name: 'GatepostGuard',
    description: 'Checks a record that is being saved with GatepostGate; shows the reason and aborts.',
    script: Now.include('../scripts/GatepostGuard.js'),
})

ScriptInclude({
    $id: Now.ID['script-events'],
    name: 'GatepostEvents',
    description: 'Writes an event about a change into the outbox.',
    script: Now.include('../scripts/GatepostEvents.js'),
})

ScriptInclude({
    $id: Now.ID['script-event-body'],
    name: 'GatepostEventBody',
    description: 'The JSON body of an event, and its signature.',
    script: Now.include('../scripts/GatepostEventBody.js'),
})

ScriptInclude({
    $id: Now.ID['script-sender'],
    name: 'GatepostSender',
    description: 'Sends the outbox.',
    script: Now.include('../scripts/GatepostSender.js'),
})

ScriptInclude({
    $id: Now.ID['script-lock'],
    name: 'GatepostLock',
    description: 'One sender at a time.',
    script: Now.include('../scripts/GatepostLock.js'),
})
