/** Writes events into the outbox, in the transaction of the change itself; GatepostSender sends them. */
var GatepostEvents = (function () {
    'use strict';

    /** Columns that Gatepost writes beside the verdict: a write of these alone needs no event. */
    function isOwnColumn(name) {
        return name.indexOf('u_gatepost_') === 0 || name.indexOf('sys_') === 0;
    }

    /** Names of a record's columns; getElements gives an array, or a Java list on some releases. */
    function columnsOf(record) {
        var elements = record.getElements();
        var count = typeof elements.size === 'function' ? elements.size() : elements.length;
        var names = [];
        var index;
        for (index = 0; index < count; index += 1) {
            names.push(String((typeof elements.get === 'function' ? elements.get(index) : elements[index]).getName()));
        }
        return names;
    }

    /** Whether Gatepost wrote its own columns and nothing else. */
    function isOwnWrite(record, previous) {
        var names;
        if (record.operation() !== 'update' || !previous || !GatepostInstance.isWriter()) {
            return false;
        }
        names = columnsOf(record).filter(function (name) {
            return record.getValue(name) !== previous.getValue(name);
        });
        return names.every(isOwnColumn) && names.some(function (name) {
            return name.indexOf('sys_') !== 0;
        });
    }

    function governed() {
        return gs.getProperty('x_gpost_gatepost.tables', '').split(',').map(function (name) {
            return name.trim();
        });
    }

    /** Thirteen digits, so that texts sort in the order of numbers. */
    function order() {
        return ('0000000000000' + new GlideDateTime().getNumericValue()).slice(-13);
    }

    /** Whether an event of this record waits already: Gatepost reads the record itself, as it is then. */
    function waits(table, sysId) {
        var row = new GlideRecord('x_gpost_gatepost_outbox');
        row.addQuery('u_state', 'queued');
        row.addQuery('u_table', table);
        row.addQuery('u_record', sysId);
        row.setLimit(1);
        row.query();
        return row.next();
    }

    function queue(record, table, sysId, through) {
        if (GatepostInstance.isClone() || (waits(table, sysId) && (through || record.operation() !== 'delete'))) {
            return;
        }
        add(record, table, sysId, through);
    }

    function add(record, table, sysId, through) {
        var operation = record.operation();
        var id = record.getUniqueValue() + ':' + (record.getValue('sys_mod_count') || '0');
        var row = new GlideRecord('x_gpost_gatepost_outbox');
        row.initialize();
        row.setValue('u_event', id + ':' + operation + (through ? ':' + sysId : ''));
        row.setValue('u_table', table);
        row.setValue('u_record', sysId);
        row.setValue('u_operation', operation);
        row.setValue('u_body', GatepostEventBody.ascii(GatepostEventBody.body(record, id, table, sysId, through)));
        row.setValue('u_state', 'queued');
        row.setValue('u_attempts', '0');
        row.setValue('u_next_attempt', new GlideDateTime().getValue());
        row.setValue('u_order', order());
        row.insert();
    }

    /** A record of a governed table was inserted, updated or deleted. */
    function send(current, previous) {
        if (!isOwnWrite(current, previous)) {
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
