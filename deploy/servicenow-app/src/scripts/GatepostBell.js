/** Writes what has to be told into the outbox, in the transaction of the change itself; nothing is sent here. */
var GatepostBell = (function () {
    'use strict';

    /** Names of the columns that this update changes, without the platform's own. */
    function changed(record) {
        var names = GlideScriptRecordUtil.get(record).getChangedFieldNames();
        var found = [];
        var place;
        for (place = 0; place < names.size(); place += 1) {
            found.push(String(names.get(place)).toLowerCase());
        }
        return found.filter(function (name) {
            return name.indexOf('sys_') !== 0;
        });
    }

    /** Gatepost knows what it wrote itself. */
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

    /** Thirteen digits, so that texts sort as numbers do. */
    function order() {
        return ('0000000000000' + new GlideDateTime().getNumericValue()).slice(-13);
    }

    function put(record, table, sysId, through) {
        var operation = record.operation();
        var id = record.getUniqueValue() + ':' + (record.getValue('sys_mod_count') || '0');
        var row = new GlideRecord('u_gatepost_outbox');
        row.initialize();
        row.setValue('u_event', id + ':' + operation + (through ? ':' + sysId : ''));
        row.setValue('u_table', table);
        row.setValue('u_record', sysId);
        row.setValue('u_operation', operation);
        row.setValue('u_body', GatepostWire.ascii(GatepostWire.body(record, id, table, sysId, through)));
        row.setValue('u_state', 'queued');
        row.setValue('u_attempts', '0');
        row.setValue('u_order', order());
        row.insert();
    }

    /** A record of a governed table was inserted, updated or deleted. */
    function ring(current) {
        if (!isOwnWrite(current)) {
            put(current, current.getTableName(), current.getUniqueValue(), '');
        }
    }

    function ringTask(current, sysId) {
        var task = new GlideRecord('task');
        var table;
        if (sysId && task.get(sysId)) {
            table = task.getValue('sys_class_name');
            if (governed().indexOf(table) >= 0) {
                put(current, table, sysId, current.getTableName());
            }
        }
    }

    /** A plan, an expense or an approval changed: the record that it belongs to is told, and the one it left. */
    function ringOwner(current, previous, column) {
        var now = current.getValue(column);
        var then = current.operation() === 'update' && previous ? previous.getValue(column) : now;
        ringTask(current, now);
        if (then !== now) {
            ringTask(current, then);
        }
    }

    return { ring: ring, ringOwner: ringOwner };
}());
