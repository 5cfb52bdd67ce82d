import { Role } from '@servicenow/sdk/core'

export const gatepostWriter = Role({
    name: 'u_gatepost_writer',
    description: 'The integration user of Gatepost, and nobody else: writes the columns u_gatepost_*.',
})

export const gatepostAdmin = Role({
    name: 'u_gatepost_admin',
    description: 'Runs Gatepost here: its properties, its outbox, and the contact when it is not active.',
})
