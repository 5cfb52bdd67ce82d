/**
 * The gate's decision: it reads no record and shows no message, so that it can be tested without a platform.
 * Times are texts in UTC ("YYYY-MM-DD HH:MM:SS"), nowMillis is milliseconds since 1970.
 */
var GatepostGate = (function () {
    'use strict';

    var MAX_BLOCKERS = 3;
    var DEFAULT_STALE_MINUTES = 60;
    var CONTACT_HINT = 'Ask whoever runs Gatepost (the people with the role u_gatepost_admin)';
    /** The states by the key that the property gatepost.gate_names uses, with their own names. */
    var STATES = { open: 'Open', not_due: 'Not due', waiting: 'Waiting', blocked: 'Blocked', breach: 'Breach' };
    /** What each state of the gate that is not Open tells the person whose move is refused. */
    var SHUT_REASONS = {
        'Not due': 'the gate is shut, and work has not come to it.',
        'Waiting': 'the gate is shut, and an approval is missing.',
        'Blocked': 'the gate is shut.',
        'Breach': 'the record is ahead of the stage it was granted.'
    };

    function text(value) {
        return value === null || value === undefined ? '' : String(value).trim();
    }

    /** "state:3,4,7;stage:project" as a list of columns with their gated values; a bare list means state. */
    function gatedColumns(setting) {
        var columns = [];
        text(setting).split(';').forEach(function (part) {
            var colon = part.indexOf(':');
            var column = colon < 0 ? 'state' : part.slice(0, colon).trim();
            var values = part.slice(colon + 1).split(',').map(text).filter(Boolean);
            if (column && values.length) {
                columns.push({ column: column, values: values });
            }
        });
        return columns;
    }

    /** The first column that this change moves into a gated value; null when none does. */
    function gatedMove(before, after, setting) {
        var moves = gatedColumns(setting).filter(function (gated) {
            var value = text(after[gated.column]);
            return value !== text((before || {})[gated.column]) && gated.values.indexOf(value) >= 0;
        });
        return moves.length ? { column: moves[0].column, value: text(after[moves[0].column]) } : null;
    }

    /** Milliseconds of a time in UTC, or null when there is none or it cannot be read. */
    function millis(time) {
        var parts = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)$/.exec(text(time));
        return parts ? Date.UTC(+parts[1], parts[2] - 1, +parts[3], +parts[4], +parts[5], +parts[6]) : null;
    }

    /** The time of Gatepost's last activity, as a text; empty when it is unknown. */
    function lastActive(record, settings) {
        return [record.u_gatepost_checked, settings.heartbeat_at].map(text).filter(function (time) {
            return millis(time) !== null;
        }).sort(function (one, other) {
            return millis(other) - millis(one);
        })[0] || '';
    }

    /** An unknown value is taken as closed. */
    function isOpen(choice, whenEmpty) {
        return (text(choice) || whenEmpty) === 'open';
    }

    function minutes(setting) {
        return /^\d+$/.test(text(setting)) && +text(setting) > 0 ? +text(setting) : DEFAULT_STALE_MINUTES;
    }

    function blockerLines(written) {
        var lines = text(written).split(/\r\n|\r|\n/).map(text).filter(Boolean);
        var cut = /^… and (\d+) more$/.exec(lines.length ? lines[lines.length - 1] : '');
        var known = cut ? lines.slice(0, -1) : lines;
        var more = known.length - MAX_BLOCKERS + (cut ? +cut[1] : 0);
        if (!known.length) {
            return ['No reason is written on this record. ' + CONTACT_HINT + '.'];
        }
        return known.slice(0, MAX_BLOCKERS).concat(more > 0 ? ['and ' + more + ' more, see the checklist.'] : []);
    }

    function pass(code) {
        return { abort: false, code: code, message: '' };
    }

    function refuse(code, lines) {
        return { abort: true, code: code, message: lines.join('\n') };
    }

    function refused(code, prefix, why, record) {
        var link = text(record.u_gatepost_link);
        var lines = [prefix + why].concat(blockerLines(record.u_gatepost_blockers));
        return refuse(code, lines.concat(link ? ['More: ' + link] : []));
    }

    function stale(prefix, record, settings) {
        var lastTime = lastActive(record, settings);
        if (isOpen(settings.when_stale, 'closed')) {
            return pass('stale');
        }
        return refuse('stale', [prefix + (lastTime
            ? 'it was last active at ' + lastTime + ' UTC, and a verdict is valid for '
                + minutes(settings.stale_minutes) + ' minutes. '
            : 'the time of its last activity is unknown. ') + CONTACT_HINT + ' to start it again.']);
    }

    /** The state that a written name stands for, by its own name or one of "open:Offen;blocked:Gesperrt"; or empty. */
    function gateState(written, setting) {
        var names = {};
        text(setting).split(';').forEach(function (part) {
            var colon = part.indexOf(':');
            var state = part.slice(0, colon).trim();
            var name = part.slice(colon + 1).trim();
            if (STATES.hasOwnProperty(state) && name) {
                // A name that two states have stands for neither.
                names[name] = names.hasOwnProperty(name) && names[name] !== STATES[state] ? '' : STATES[state];
            }
        });
        return written === 'Open' || SHUT_REASONS.hasOwnProperty(written) ? written
            : names.hasOwnProperty(written) ? names[written] : '';
    }

    function decideGate(prefix, record, settings, nowMillis) {
        var written = text(record.u_gatepost_gate);
        var gate = gateState(written, settings.gate_names);
        var lastMillis = millis(lastActive(record, settings));
        if (!written) {
            return isOpen(settings.when_unassessed, 'open') ? pass('unassessed')
                : refuse('unassessed', [prefix + 'it has never assessed this record. '
                    + CONTACT_HINT + ' to add it.']);
        }
        if (!gate) {
            return refuse('unknown_gate', [prefix + 'the gate reads "' + written
                + '", which is neither Open, Not due, Waiting, Blocked nor Breach. ' + CONTACT_HINT
                + ' to check this record.']);
        }
        if (lastMillis === null || nowMillis - lastMillis > minutes(settings.stale_minutes) * 60000) {
            return stale(prefix, record, settings);
        }
        if (gate === 'Open') {
            return pass('open');
        }
        return refused(gate.toLowerCase().replace(' ', '_'), prefix, SHUT_REASONS[gate], record);
    }

    /**
     * Whether a change may be saved: {abort, code, message}.
     *
     * before is the record as it is stored (null for an insert), after the record as it would be stored.  The verdict
     * is the stored one: nobody can open a gate in the same update, and a copy carries no verdict.
     */
    function decide(before, after, settings, nowMillis) {
        var move = gatedMove(before, after, settings.gated);
        var labels = settings.labels || {};
        if (!move) {
            return pass('no_move');
        }
        if (settings.is_writer && (text(settings.exempt_writer) || 'true') === 'true') {
            return pass('writer');
        }
        return decideGate('Gatepost keeps ' + (labels[move.column] || move.column) + ' from becoming '
            + (labels[move.column + ':' + move.value] || move.value) + ': ', before || {}, settings, nowMillis);
    }

    return { decide: decide, gatedColumns: gatedColumns, gatedMove: gatedMove };
}());
