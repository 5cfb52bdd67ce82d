/** The before rules: they read this record, its settings and the heartbeat, and call no other system. */
var GatepostGuard = (function () {
    'use strict';

    var WRITER = 'u_gatepost_writer';

    /** Columns that only Gatepost fills; see tables.json. */
    var OWNED_COLUMNS = [
        'u_gatepost_stage', 'u_gatepost_implementation', 'u_gatepost_potential', 'u_gatepost_gate',
        'u_gatepost_findings', 'u_gatepost_blockers', 'u_gatepost_why', 'u_gatepost_plan', 'u_gatepost_forecast',
        'u_gatepost_actual', 'u_gatepost_variance', 'u_gatepost_checked', 'u_gatepost_link'
    ];

    /** gs.hasRole is true for every administrator; an administrator is not the integration user. */
    function isWriter() {
        var roles = new GlideRecord('sys_user_has_role');
        roles.addQuery('user', gs.getUserID());
        roles.addQuery('role.name', WRITER);
        roles.addQuery('state', 'active');
        roles.setLimit(1);
        roles.query();
        return roles.next();
    }

    function lastHeartbeat() {
        var rows = new GlideRecord('u_gatepost_heartbeat');
        rows.orderByDesc('u_heartbeat_at');
        rows.setLimit(1);
        rows.query();
        return rows.next() ? rows.getValue('u_heartbeat_at') || '' : '';
    }

    function valuesOf(record, columns) {
        var values = {};
        columns.forEach(function (column) {
            values[column] = record.getValue(column) || '';
        });
        return values;
    }

    function labels(record, column) {
        var texts = {};
        texts[column] = record.getElement(column).getLabel();
        texts[column + ':' + record.getValue(column)] = record.getDisplayValue(column);
        return texts;
    }

    function settings(record, move, table) {
        return {
            gated: gated(table),
            stale_minutes: gs.getProperty('gatepost.stale_minutes', '60'),
            when_stale: gs.getProperty('gatepost.when_stale', 'closed'),
            when_unassessed: gs.getProperty('gatepost.when_unassessed', 'open'),
            exempt_writer: gs.getProperty('gatepost.exempt_writer', 'true'),
            gate_names: gs.getProperty('gatepost.gate_names', ''),
            is_writer: isWriter(),
            heartbeat_at: lastHeartbeat(),
            labels: labels(record, move.column)
        };
    }

    function gated(table) {
        return gs.getProperty('gatepost.gated.' + table, '');
    }

    /** Angle brackets are replaced: a form would show text from a title as markup. */
    function plain(line) {
        return line.replace(/</g, '‹').replace(/>/g, '›');
    }

    function refuse(record, decision) {
        decision.message.split('\n').forEach(function (line) {
            gs.addErrorMessage(plain(line));
        });
        record.setAbortAction(true);
    }

    /** Clears a verdict that was copied or typed: only Gatepost gives one. */
    function clearVerdict(record) {
        if (!isWriter()) {
            OWNED_COLUMNS.forEach(function (column) {
                if (record.isValidField(column) && record.getValue(column)) {
                    record.setValue(column, '');
                }
            });
        }
    }

    function warnOfUnknown(record, columns, table) {
        columns.forEach(function (column) {
            if (!record.isValidField(column)) {
                gs.error('Gatepost: the property gatepost.gated.' + table + ' names the column ' + column
                    + ', which the table does not have; nothing is gated by it.');
            }
        });
    }

    /**
     * Aborts the save when the gate refuses it; a record that another rule has already refused is skipped.
     * The table is the rule's own: a table that extends it is gated like it.
     */
    function check(current, previous, table) {
        var inserts = current.operation() === 'insert';
        var columns = GatepostGate.gatedColumns(gated(table)).map(function (gatedColumn) {
            return gatedColumn.column;
        });
        var before = inserts ? null : valuesOf(previous, columns.concat(OWNED_COLUMNS));
        var after = valuesOf(current, columns.concat(OWNED_COLUMNS));
        var move = GatepostGate.gatedMove(before, after, gated(table));
        var decision;
        warnOfUnknown(current, columns, table);
        if (move && !current.isActionAborted()) {
            decision = GatepostGate.decide(before, after, settings(current, move, table),
                +new GlideDateTime().getNumericValue());
            if (decision.abort) {
                refuse(current, decision);
            }
        }
        if (inserts) {
            clearVerdict(current);
        }
    }

    return { check: check, isWriter: isWriter };
}());
