/** Sends what stands in the outbox: in order per record, again after a failure, one sender at a time. */
var GatepostSender = (function () {
    'use strict';

    var OUTBOX = 'u_gatepost_outbox';
    /** Minutes until the next attempt, by attempts made; the last one goes on. */
    var DELAYS = [1, 2, 5, 15, 60];
    var GIVE_UP = 3 * 24 * 3600 * 1000;
    var KEEP_SENT = 7 * 24 * 3600 * 1000;
    var TIMEOUT = 10000;
    /** A run ends in good time before the next one begins. */
    var LONGEST_RUN = 45000;
    /** A receiver that fails this often in a row is down; what is left waits. */
    var FAILURES = 3;
    var BATCH = 200;

    function now() {
        return +new GlideDateTime().getNumericValue();
    }

    function stored(moment) {
        var time = new GlideDateTime();
        time.setNumericValue(moment);
        return time.getValue();
    }

    function millis(time) {
        return +new GlideDateTime(time).getNumericValue();
    }

    function delay(attempts) {
        return DELAYS[Math.min(attempts, DELAYS.length) - 1] * 60000;
    }

    /** The answer of the receiver: {ok, told}. */
    function post(row) {
        var sentAt = String(Math.floor(now() / 1000));
        var told = JSON.parse(row.getValue('u_body'));
        var request = new sn_ws.RESTMessageV2();
        var body, response, status;
        told.sent_at = stored(now());
        body = GatepostWire.ascii(told);
        request.setHttpMethod('post');
        request.setEndpoint(gs.getProperty('gatepost.endpoint', ''));
        request.setHttpTimeout(TIMEOUT);
        request.setRequestHeader('Content-Type', 'application/json');
        request.setRequestHeader('X-Event-Id', row.getValue('u_event'));
        request.setRequestHeader('X-Gatepost-Timestamp', sentAt);
        request.setRequestHeader('X-Gatepost-Signature',
            GatepostWire.signature(gs.getProperty('gatepost.secret', ''), sentAt, body));
        request.setRequestBody(body);
        response = request.execute();
        status = +response.getStatusCode();
        return {
            ok: status >= 200 && status < 300,
            told: status + ' ' + (response.getErrorMessage() || response.getBody() || '')
        };
    }

    function attempt(row) {
        try {
            return post(row);
        } catch (error) {
            return { ok: false, told: String(error && error.message ? error.message : error) };
        }
    }

    function record(row, answer) {
        var attempts = +row.getValue('u_attempts') + 1;
        var old = now() - millis(row.getValue('sys_created_on')) > GIVE_UP;
        row.setValue('u_attempts', String(attempts));
        row.setValue('u_answer', answer.told.slice(0, 255));
        row.setValue('u_state', answer.ok ? 'sent' : old ? 'failed' : 'queued');
        row.setValue('u_next_attempt', answer.ok || old ? '' : stored(now() + delay(attempts)));
        row.update();
        if (!answer.ok && old) {
            gs.error('Gatepost: the event ' + row.getValue('u_event') + ' was given up after three days: '
                + answer.told.slice(0, 255));
        }
    }

    function queued() {
        var rows = new GlideRecord(OUTBOX);
        rows.addQuery('u_state', 'queued');
        rows.orderBy('u_order');
        rows.orderBy('sys_created_on');
        return rows;
    }

    function isDue(row) {
        var next = row.getValue('u_next_attempt');
        return !next || millis(next) <= now();
    }

    /** One walk over the queue; the number of rows sent.  A record whose first row waits lets no later one pass. */
    function pass(until) {
        var rows = queued();
        var waiting = {};
        var sent = 0;
        var tried = 0;
        var failures = 0;
        var answer, key;
        rows.query();
        while (failures < FAILURES && tried < BATCH && now() < until && rows.next()) {
            key = rows.getValue('u_table') + ':' + rows.getValue('u_record');
            if (!waiting[key] && isDue(rows)) {
                answer = attempt(rows);
                record(rows, answer);
                tried += 1;
                failures = answer.ok ? 0 : failures + 1;
                sent += answer.ok ? 1 : 0;
                waiting[key] = !answer.ok;
            } else {
                waiting[key] = true;
            }
        }
        return failures < FAILURES ? sent : 0;
    }

    /** Send what is due.  What is queued while this runs is sent by it too: its own kick found the lock taken. */
    function send() {
        var until = now() + LONGEST_RUN;
        var holder;
        if (!gs.getProperty('gatepost.endpoint', '') || !gs.getProperty('gatepost.secret', '')) {
            return;
        }
        holder = GatepostLock.take(now());
        if (!holder) {
            return;
        }
        try {
            while (pass(until) > 0 && now() < until) {
                continue;
            }
        } finally {
            GatepostLock.release(holder);
        }
    }

    /** Rows that were sent a week ago are of no use to anybody; failed ones stay until somebody has looked. */
    function clean() {
        var rows = new GlideRecord(OUTBOX);
        rows.addQuery('u_state', 'sent');
        rows.addQuery('sys_updated_on', '<', stored(now() - KEEP_SENT));
        rows.deleteMultiple();
    }

    return { send: send, clean: clean, delay: delay };
}());
