/** Who may read what belongs to a record. */
var GatepostAccess = (function () {
    'use strict';

    /** By the record's own class: the access controls of task are not those of a project.  No record, no reading. */
    function canReadTask(sysId) {
        var task = new GlideRecord('task');
        var record;
        if (!sysId || !task.get(sysId)) {
            return false;
        }
        record = new GlideRecord(task.getValue('sys_class_name'));
        return record.get(sysId) && record.canRead();
    }

    return { canReadTask: canReadTask };
}());
