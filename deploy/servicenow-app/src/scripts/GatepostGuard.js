/** The before rules: they read this record, its verdict, the settings and the heartbeat, and call no other system. */
var GatepostGuard = (function () {
    'use strict';

    var VERDICT = 'u_gatepost_verdict';

    /** Optional columns on the record itself, which only Gatepost fills; see tables.json. */
    var OWNED_COLUMNS = [
        'u_gatepost_stage', 'u_gatepost_implementation', 'u_gatepost_potential', 'u_gatepost_gate',
        'u_gatepost_findings', 'u_gatepost_blockers', 'u_gatepost_why', 'u_gatepost_plan', 'u_gatepost_forecast',
        'u_gatepost_actual', 'u_gatepost_variance', 'u_gatepost_checked', 'u_gatepost_link'
    ];

    /** The newest heartbeat, and whether one of them says that this record's verdict could not be read or written. */
    function heartbeat(sysId) {
        var rows = new GlideRecord('u_gatepost_heartbeat');
        var found = { at: '', unwritten: false };
        rows.orderByDesc('u_heartbeat_at');
        rows.query();
        while (rows.next()) {
            found.at = found.at || rows.getValue('u_heartbeat_at') || '';
            found.unwritten = found.unwritten
                || (rows.getValue('u_unwritten') || '').split(',').indexOf(sysId) >= 0;
        }
        return found;
    }

    /** The record's verdict; null when Gatepost has given none. */
    function verdictOf(sysId) {
        var row = new GlideRecord(VERDICT);
        row.addQuery('u_task', sysId);
        row.setLimit(1);
        row.query();
        return row.next() ? {
            u_gate: row.getValue('u_gate') || '',
            u_blockers: row.getValue('u_blockers') || '',
            u_checked: row.getValue('u_checked') || row.getValue('sys_updated_on') || '',
            u_link: row.getValue('u_link') || ''
        } : null;
    }

    function valuesOf(record, columns) {
        var values = {};
        columns.forEach(function (column) {
            values[column] = record.getValue(column) || '';
        });
        return values;
    }

    function labels(record, columns) {
        var texts = {};
        columns.filter(function (column) {
            return record.isValidField(column);
        }).forEach(function (column) {
            texts[column] = record.getElement(column).getLabel();
            texts[column + ':' + record.getValue(column)] = record.getDisplayValue(column);
        });
        return texts;
    }

    function settings(record, columns, table) {
        var beat = heartbeat(record.getUniqueValue());
        return {
            gated: gated(table),
            exempt: exempt(table),
            stale_minutes: gs.getProperty('gatepost.stale_minutes', '60'),
            when_stale: gs.getProperty('gatepost.when_stale', 'closed'),
            when_unassessed: gs.getProperty('gatepost.when_unassessed', 'open'),
            exempt_writer: gs.getProperty('gatepost.exempt_writer', 'true'),
            gate_names: gs.getProperty('gatepost.gate_names', ''),
            is_writer: GatepostInstance.isWriter(),
            is_clone: GatepostInstance.isClone(),
            heartbeat_at: beat.at,
            unwritten: beat.unwritten,
            labels: labels(record, columns),
            say: function (text) {
                return gs.getMessage(text);
            }
        };
    }

    function gated(table) {
        return gs.getProperty('gatepost.gated.' + table, '');
    }

    function exempt(table) {
        return gs.getProperty('gatepost.exempt.' + table, '');
    }

    function columnsOf(table) {
        return GatepostGate.gatedColumns(gated(table) + ';' + exempt(table)).map(function (entry) {
            return entry.column;
        });
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

    function letPass(record, decision, table) {
        if (decision.message) {
            gs.addInfoMessage(plain(decision.message));
            gs.info('Gatepost: ' + table + ' ' + record.getUniqueValue() + ': ' + plain(decision.message));
        }
    }

    /** Clears columns that were copied or typed: only Gatepost fills them. */
    function clearColumns(record) {
        var filled = OWNED_COLUMNS.filter(function (column) {
            return record.isValidField(column) && record.getValue(column);
        });
        if (filled.length && !GatepostInstance.isWriter()) {
            filled.forEach(function (column) {
                record.setValue(column, '');
            });
        }
    }

    function warnOfUnknown(record, columns, table) {
        columns.forEach(function (column) {
            if (!record.isValidField(column)) {
                gs.error('Gatepost: the property gatepost.gated.' + table + ' or gatepost.exempt.' + table
                    + ' names the column ' + column + ', which the table does not have; it has no effect.');
            }
        });
    }

    /**
     * Aborts the save when the gate refuses it; a record that another rule has already refused is skipped.
     * The table is the rule's own: a table that extends it is gated like it.
     */
    function check(current, previous, table) {
        var inserts = current.operation() === 'insert';
        var columns = columnsOf(table);
        var before = inserts ? null : valuesOf(previous, columns);
        var after = valuesOf(current, columns);
        var move = GatepostGate.gatedMove(before, after, gated(table));
        var decision;
        warnOfUnknown(current, columns, table);
        if (move && !current.isActionAborted()) {
            decision = GatepostGate.decide(before, after, inserts ? null : verdictOf(current.getUniqueValue()),
                settings(current, columns, table), +new GlideDateTime().getNumericValue());
            if (decision.abort) {
                refuse(current, decision);
            } else {
                letPass(current, decision, table);
            }
        }
        if (inserts) {
            clearColumns(current);
        }
    }

    return { check: check };
}());
