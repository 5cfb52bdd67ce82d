/**
 * The gate's decision: it reads no record and shows no message, so that it can be tested without a platform.
 * Times are texts in UTC ("YYYY-MM-DD HH:MM:SS"), nowMillis is milliseconds since 1970.
 */
var GatepostGate = (function () {
    'use strict';

    var MAX_BLOCKERS = 3;
    var DEFAULT_STALE_MINUTES = 60;
    /** Every text that people read, with the places of its values; the keys of sys_ui_message. */
    var TEXTS = {
        head: 'Gatepost keeps {0} from becoming {1}: {2}',
        not_due: 'the gate is shut, and work has not come to it.',
        waiting: 'the gate is shut, and an approval is missing.',
        blocked: 'the gate is shut.',
        breach: 'the record is ahead of the stage it was granted.',
        unassessed: 'it has never assessed this record. {0} to add it.',
        unknown_gate: 'the gate reads "{0}", which is neither Open, Not due, Waiting, Blocked nor Breach. '
            + '{1} to check this record.',
        expired: 'it was last active at {0} UTC, and a verdict is valid for {1} minutes. {2} to start it again.',
        inactive: 'the time of its last activity is unknown. {0} to start it again.',
        unwritten: 'its last verdict on this record could not be read or written. {0} to look at it.',
        no_reason: 'No reason is written on this record. {0}.',
        more: 'and {0} more, see the checklist.',
        link: 'More: {0}',
        contact: 'Ask whoever runs Gatepost (the people with the role u_gatepost_admin)',
        exempt: 'Gatepost lets {0} become {1} although its gate is shut, because {2} is {3}. '
            + 'The move is reported as ahead of its gate.'
    };
    /** The states by the key that the property gatepost.gate_names uses, with their own names. */
    var STATES = { open: 'Open', not_due: 'Not due', waiting: 'Waiting', blocked: 'Blocked', breach: 'Breach' };
    /** The text of each state of the gate that is not Open. */
    var SHUT = { 'Not due': 'not_due', 'Waiting': 'waiting', 'Blocked': 'blocked', 'Breach': 'breach' };

    function text(value) {
        return value === null || value === undefined ? '' : String(value).trim();
    }

    /** A text with its values; settings.say translates it on an instance (gs.getMessage). */
    function say(settings, key, values) {
        var template = settings.say ? text(settings.say(TEXTS[key])) : TEXTS[key];
        return template.replace(/\{(\d)\}/g, function (place, number) {
            return (values || [])[+number];
        });
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
    function lastActive(verdict, settings) {
        return [verdict.u_checked, settings.heartbeat_at].map(text).filter(function (time) {
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

    function blockerLines(written, settings) {
        var lines = text(written).split(/\r\n|\r|\n/).map(text).filter(Boolean);
        var cut = /^… and (\d+) more$/.exec(lines.length ? lines[lines.length - 1] : '');
        var known = cut ? lines.slice(0, -1) : lines;
        var more = known.length - MAX_BLOCKERS + (cut ? +cut[1] : 0);
        if (!known.length) {
            return [say(settings, 'no_reason', [say(settings, 'contact')])];
        }
        return known.slice(0, MAX_BLOCKERS).concat(more > 0 ? [say(settings, 'more', [more])] : []);
    }

    function pass(code) {
        return { abort: false, code: code, message: '' };
    }

    function refuse(code, lines) {
        return { abort: true, code: code, message: lines.join('\n') };
    }

    function refused(code, head, verdict, settings) {
        var link = text(verdict.u_link);
        var lines = [head(say(settings, code))].concat(blockerLines(verdict.u_blockers, settings));
        return refuse(code, lines.concat(link ? [say(settings, 'link', [link])] : []));
    }

    function stale(head, verdict, settings) {
        var lastTime = lastActive(verdict, settings);
        var contact = say(settings, 'contact');
        if (isOpen(settings.when_stale, 'closed')) {
            return pass('stale');
        }
        if (settings.unwritten) {
            return refuse('stale', [head(say(settings, 'unwritten', [contact]))]);
        }
        return refuse('stale', [head(lastTime
            ? say(settings, 'expired', [lastTime, minutes(settings.stale_minutes), contact])
            : say(settings, 'inactive', [contact]))]);
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
        return written === 'Open' || SHUT.hasOwnProperty(written) ? written
            : names.hasOwnProperty(written) ? names[written] : '';
    }

    function decideGate(head, verdict, settings, nowMillis) {
        var written = text(verdict.u_gate);
        var gate = gateState(written, settings.gate_names);
        var lastMillis = millis(lastActive(verdict, settings));
        var contact = say(settings, 'contact');
        if (!written) {
            return isOpen(settings.when_unassessed, 'open') ? pass('unassessed')
                : refuse('unassessed', [head(say(settings, 'unassessed', [contact]))]);
        }
        if (!gate) {
            return refuse('unknown_gate', [head(say(settings, 'unknown_gate', [written, contact]))]);
        }
        if (settings.unwritten || lastMillis === null
                || nowMillis - lastMillis > minutes(settings.stale_minutes) * 60000) {
            return stale(head, verdict, settings);
        }
        if (gate === 'Open') {
            return pass('open');
        }
        return refused(SHUT[gate], head, verdict, settings);
    }

    /** The first exemption that holds before and after this change: nobody exempts a record in the same save. */
    function exemption(before, after, setting) {
        return gatedColumns(setting).filter(function (exempt) {
            return [before, after].every(function (record) {
                return exempt.values.indexOf(text((record || {})[exempt.column])) >= 0;
            });
        })[0] || null;
    }

    /**
     * Whether a change may be saved: {abort, code, message}.
     *
     * before is the record as it is stored (null for an insert), after the record as it would be stored; verdict is
     * the row of the verdict's own table (null when there is none), which no save of the record can change.
     */
    function decide(before, after, verdict, settings, nowMillis) {
        var move = gatedMove(before, after, settings.gated);
        var labels = settings.labels || {};
        var column, value, decision, exempt;
        if (!move) {
            return pass('no_move');
        }
        if (settings.is_clone) {
            return pass('clone');
        }
        if (settings.is_writer && (text(settings.exempt_writer) || 'true') === 'true') {
            return pass('writer');
        }
        column = labels[move.column] || move.column;
        value = labels[move.column + ':' + move.value] || move.value;
        decision = decideGate(function (why) {
            return say(settings, 'head', [column, value, why]);
        }, verdict || {}, settings, nowMillis);
        exempt = decision.abort ? exemption(before, after, settings.exempt) : null;
        if (exempt) {
            return { abort: false, code: 'exempt', message: say(settings, 'exempt', [column, value,
                labels[exempt.column] || exempt.column,
                labels[exempt.column + ':' + text(after[exempt.column])] || text(after[exempt.column])]) };
        }
        return decision;
    }

    return { decide: decide, gatedColumns: gatedColumns, gatedMove: gatedMove, texts: TEXTS };
}());
