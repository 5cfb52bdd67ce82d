import '@servicenow/sdk/global'
import { Record } from '@servicenow/sdk/core'

Record({
    $id: Now.ID['message-0'],
    table: 'sys_ui_message',
    data: { key: "Gatepost keeps {0} from becoming {1}: {2}", message: "Gatepost keeps {0} from becoming {1}: {2}", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-1'],
    table: 'sys_ui_message',
    data: { key: "the gate is shut, and work has not come to it.", message: "the gate is shut, and work has not come to it.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-2'],
    table: 'sys_ui_message',
    data: { key: "the gate is shut, and an approval is missing.", message: "the gate is shut, and an approval is missing.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-3'],
    table: 'sys_ui_message',
    data: { key: "the gate is shut.", message: "the gate is shut.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-4'],
    table: 'sys_ui_message',
    data: { key: "the record is ahead of the stage it was granted.", message: "the record is ahead of the stage it was granted.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-5'],
    table: 'sys_ui_message',
    data: { key: "it has never assessed this record. {0} to add it.", message: "it has never assessed this record. {0} to add it.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-6'],
    table: 'sys_ui_message',
    data: { key: "the gate reads \"{0}\", which is neither Open, Not due, Waiting, Blocked nor Breach. {1} to check this record.", message: "the gate reads \"{0}\", which is neither Open, Not due, Waiting, Blocked nor Breach. {1} to check this record.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-7'],
    table: 'sys_ui_message',
    data: { key: "it was last active at {0} UTC, and a verdict is valid for {1} minutes. {2} to start it again.", message: "it was last active at {0} UTC, and a verdict is valid for {1} minutes. {2} to start it again.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-8'],
    table: 'sys_ui_message',
    data: { key: "the time of its last activity is unknown. {0} to start it again.", message: "the time of its last activity is unknown. {0} to start it again.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-9'],
    table: 'sys_ui_message',
    data: { key: "its last verdict on this record could not be read or written. {0} to look at it.", message: "its last verdict on this record could not be read or written. {0} to look at it.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-10'],
    table: 'sys_ui_message',
    data: { key: "No reason is written on this record. {0}.", message: "No reason is written on this record. {0}.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-11'],
    table: 'sys_ui_message',
    data: { key: "and {0} more, see the checklist.", message: "and {0} more, see the checklist.", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-12'],
    table: 'sys_ui_message',
    data: { key: "More: {0}", message: "More: {0}", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-13'],
    table: 'sys_ui_message',
    data: { key: "Ask whoever runs Gatepost (the people with the role x_gpost_gatepost.admin)", message: "Ask whoever runs Gatepost (the people with the role x_gpost_gatepost.admin)", language: 'en', application: 'global' },
})

Record({
    $id: Now.ID['message-14'],
    table: 'sys_ui_message',
    data: { key: "Gatepost lets {0} become {1} although its gate is shut, because {2} is {3}. The move is reported as ahead of its gate.", message: "Gatepost lets {0} become {1} although its gate is shut, because {2} is {3}. The move is reported as ahead of its gate.", language: 'en', application: 'global' },
})
