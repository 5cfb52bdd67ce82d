import { ScriptInclude } from '@servicenow/sdk/core'

ScriptInclude({
    $id: Now.ID['script-gate'],
    name: 'GatepostGate',
    description: 'Decides whether a record may move.  Reads nothing and shows nothing.',
    script: Now.include('../scripts/GatepostGate.js'),
})

ScriptInclude({
    $id: Now.ID['script-guard'],
    name: 'GatepostGuard',
    description: 'Asks GatepostGate about a record that is being saved, tells the person, and aborts.',
    script: Now.include('../scripts/GatepostGuard.js'),
})

ScriptInclude({
    $id: Now.ID['script-bell'],
    name: 'GatepostBell',
    description: 'Writes a change into the outbox.',
    script: Now.include('../scripts/GatepostBell.js'),
})

ScriptInclude({
    $id: Now.ID['script-wire'],
    name: 'GatepostWire',
    description: 'The form of an event on the wire, and its signature.',
    script: Now.include('../scripts/GatepostWire.js'),
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
