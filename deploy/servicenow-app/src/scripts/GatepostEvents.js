/** Writes events into the outbox, in the transaction of the change itself; GatepostSender sends them. */
var GatepostEvents = (function () {
    'use strict';

    /** Names of the columns that this update changes, without the platform's own. */
    function changed(record) {
        var names = GlideScriptRecordUtil.get(record).getChangedFieldNames();
        var columns = [];
        var index;
        for (index = 0; index < names.size(); index += 1) {
            columns.push(String(names.get(index)).toLowerCase());
        }
        return columns.filter(function (name) {
            return name.indexOf('sys_') !== 0;
        });
    }

    /** Whether Gatepost wrote its own columns and nothing else: that needs no event. */
    function isOwnWrite(record) {
        var names = record.operation() === 'update' ? changed(record) : [];
        return names.length > 0 && names.every(function (name) {
            return name.indexOf('u_gatepost_') === 0;
        }) && GatepostGuard.isWriter();
    }

    function governed() {
        return gs.getProperty('gatepost.tables', '').split(',').map(function (name) {
            return name.trim();
        });
    }

    /** Thirteen digits, so that texts sort in the order of numbers. */
    function order() {
        return ('0000000000000' + new GlideDateTime().getNumericValue()).slice(-13);
    }

    function queue(record, table, sysId, through) {
        var operation = record.operation();
        var id = record.getUniqueValue() + ':' + (record.getValue('sys_mod_count') || '0');
        var row = new GlideRecord('u_gatepost_outbox');
        row.initialize();
        row.setValue('u_event', id + ':' + operation + (through ? ':' + sysId : ''));
        row.setValue('u_table', table);
        row.setValue('u_record', sysId);
        row.setValue('u_operation', operation);
        row.setValue('u_body', GatepostEventBody.ascii(GatepostEventBody.body(record, id, table, sysId, through)));
        row.setValue('u_state', 'queued');
        row.setValue('u_attempts', '0');
        row.setValue('u_order', order());
        row.insert();
    }

    /** A record of a governed table was inserted, updated or deleted. */
    function send(current) {
        if (!isOwnWrite(current)) {
            queue(current, current.getTableName(), current.getUniqueValue(), '');
        }
    }

    function sendTask(current, sysId) {
        var task = new GlideRecord('task');
        var table;
        if (sysId && task.get(sysId)) {
            table = task.getValue('sys_class_name');
            if (governed().indexOf(table) >= 0) {
                queue(current, table, sysId, current.getTableName());
            }
        }
    }

    /** A plan, an expense or an approval changed: an event for the record that owns it, and for its former owner. */
    function sendRelated(current, previous, column) {
        var owner = current.getValue(column);
        var formerOwner = current.operation() === 'update' && previous ? previous.getValue(column) : owner;
        sendTask(current, owner);
        if (formerOwner !== owner) {
            sendTask(current, formerOwner);
        }
    }

    return { send: send, sendRelated: sendRelated };
}());
