import { Property } from '@servicenow/sdk/core'
import { gatepostAdmin } from './roles.now'

// The address and the secret have no value here, so that installing a newer version overwrites neither.
Property({
    $id: Now.ID['property-endpoint'],
    name: 'gatepost.endpoint',
    type: 'string',
    description: 'Where events are sent, such as https://gatepost.example/hooks/servicenow-main.',
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})

Property({
    $id: Now.ID['property-secret'],
    name: 'gatepost.secret',
    type: 'password2',
    description: 'The secret that signs events: at least 32 letters and digits, the same as in Gatepost.',
    isPrivate: true,
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})

Property({
    $id: Now.ID['property-stale'],
    name: 'gatepost.stale_minutes',
    type: 'integer',
    value: 60,
    description: 'Minutes for which a verdict is valid after Gatepost was last active.',
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})

Property({
    $id: Now.ID['property-when-stale'],
    name: 'gatepost.when_stale',
    type: 'choicelist',
    value: 'closed',
    choices: ['closed', 'open'],
    description: 'What an expired verdict does: closed refuses every gated move, open allows it.',
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})

Property({
    $id: Now.ID['property-when-unassessed'],
    name: 'gatepost.when_unassessed',
    type: 'choicelist',
    value: 'open',
    choices: ['open', 'closed'],
    description: 'Whether a record that Gatepost has never assessed may enter a gated value.',
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})

// No value here: a newer version must not take back the names that an instance uses.
Property({
    $id: Now.ID['property-gate-names'],
    name: 'gatepost.gate_names',
    type: 'string',
    description: 'Names of the gate states where the mapping renames them, such as open:Offen;blocked:Gesperrt.',
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})

Property({
    $id: Now.ID['property-exempt-writer'],
    name: 'gatepost.exempt_writer',
    type: 'boolean',
    value: true,
    description: 'Whether the integration user itself may move records while the gate is shut.',
    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },
})
