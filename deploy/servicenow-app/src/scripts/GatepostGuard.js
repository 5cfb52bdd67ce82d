/** What the before rules do: they look at this record, its settings and the heartbeat, and call nobody. */
var GatepostGuard = (function () {
    'use strict';

    var WRITER = 'u_gatepost_writer';

    /** Columns that only Gatepost fills; see tables.json. */
    var OWNED = [
        'u_gatepost_stage', 'u_gatepost_implementation', 'u_gatepost_potential', 'u_gatepost_gate',
        'u_gatepost_findings', 'u_gatepost_blockers', 'u_gatepost_plan', 'u_gatepost_forecast', 'u_gatepost_actual',
        'u_gatepost_variance', 'u_gatepost_checked', 'u_gatepost_link'
    ];

    /** gs.hasRole says yes to every administrator, and no administrator is the integration user by that alone. */
    function isWriter() {
        var roles = new GlideRecord('sys_user_has_role');
        roles.addQuery('user', gs.getUserID());
        roles.addQuery('role.name', WRITER);
        roles.addQuery('state', 'active');
        roles.setLimit(1);
        roles.query();
        return roles.next();
    }

    function heardAt() {
        var beats = new GlideRecord('u_gatepost_heartbeat');
        beats.orderByDesc('u_heard');
        beats.setLimit(1);
        beats.query();
        return beats.next() ? beats.getValue('u_heard') || '' : '';
    }

    function values(record, columns) {
        var found = {};
        columns.forEach(function (column) {
            found[column] = record.getValue(column) || '';
        });
        return found;
    }

    function labels(record, column) {
        var found = {};
        found[column] = record.getElement(column).getLabel();
        found[column + ':' + record.getValue(column)] = record.getDisplayValue(column);
        return found;
    }

    function settings(record, move, table) {
        return {
            gated: gated(table),
            stale_minutes: gs.getProperty('gatepost.stale_minutes', '60'),
            when_stale: gs.getProperty('gatepost.when_stale', 'closed'),
            when_unassessed: gs.getProperty('gatepost.when_unassessed', 'open'),
            exempt_writer: gs.getProperty('gatepost.exempt_writer', 'true'),
            is_writer: isWriter(),
            heard_at: heardAt(),
            labels: labels(record, move.column)
        };
    }

    function gated(table) {
        return gs.getProperty('gatepost.gated.' + table, '');
    }

    /** Brackets become look-alikes: a form would read what somebody typed into a title as markup. */
    function plain(line) {
        return line.replace(/</g, '‹').replace(/>/g, '›');
    }

    function refuse(record, decision) {
        decision.message.split('\n').forEach(function (line) {
            gs.addErrorMessage(plain(line));
        });
        record.setAbortAction(true);
    }

    /** A copied or typed verdict is none: only Gatepost gives one. */
    function forgetVerdict(record) {
        if (!isWriter()) {
            OWNED.forEach(function (column) {
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
     * Aborts the save when the gate does not let it pass; a record that another rule has refused is left alone.
     * The table is the rule's own: a table that extends it is gated like it.
     */
    function check(current, previous, table) {
        var inserts = current.operation() === 'insert';
        var columns = GatepostGate.gatedColumns(gated(table)).map(function (one) {
            return one.column;
        });
        var before = inserts ? null : values(previous, columns.concat(OWNED));
        var after = values(current, columns.concat(OWNED));
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
            forgetVerdict(current);
        }
    }

    return { check: check, isWriter: isWriter };
}());
