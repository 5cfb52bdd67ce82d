/** Sends the outbox: in order per record, again after a failure, one sender at a time. */
var GatepostSender = (function () {
    'use strict';

    var OUTBOX = 'u_gatepost_outbox';
    /** Minutes until the next attempt, by attempts made; the last one repeats. */
    var DELAYS = [1, 2, 5, 15, 60];
    var GIVE_UP_AFTER = 3 * 24 * 3600 * 1000;
    var KEEP_SENT_FOR = 7 * 24 * 3600 * 1000;
    var TIMEOUT = 10000;
    /** Milliseconds; a run ends before the next one begins. */
    var MAX_RUN = 45000;
    /** A receiver that fails this often in a row is down; the rest waits. */
    var MAX_FAILURES = 3;
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

    /** The response of the receiver: {ok, summary}. */
    function post(row) {
        var sentAt = String(Math.floor(now() / 1000));
        var event = JSON.parse(row.getValue('u_body'));
        var request = new sn_ws.RESTMessageV2();
        var body, response, status;
        event.sent_at = stored(now());
        body = GatepostEventBody.ascii(event);
        request.setHttpMethod('post');
        request.setEndpoint(gs.getProperty('gatepost.endpoint', ''));
        request.setHttpTimeout(TIMEOUT);
        request.setRequestHeader('Content-Type', 'application/json');
        request.setRequestHeader('X-Event-Id', row.getValue('u_event'));
        request.setRequestHeader('X-Gatepost-Timestamp', sentAt);
        request.setRequestHeader('X-Gatepost-Signature',
            GatepostEventBody.signature(gs.getProperty('gatepost.secret', ''), sentAt, body));
        request.setRequestBody(body);
        response = request.execute();
        status = +response.getStatusCode();
        return {
            ok: status >= 200 && status < 300,
            summary: status + ' ' + (response.getErrorMessage() || response.getBody() || '')
        };
    }

    function attempt(row) {
        try {
            return post(row);
        } catch (error) {
            return { ok: false, summary: String(error && error.message ? error.message : error) };
        }
    }

    function recordResult(row, result) {
        var attempts = +row.getValue('u_attempts') + 1;
        var old = now() - millis(row.getValue('sys_created_on')) > GIVE_UP_AFTER;
        row.setValue('u_attempts', String(attempts));
        row.setValue('u_response', result.summary.slice(0, 255));
        row.setValue('u_state', result.ok ? 'sent' : old ? 'failed' : 'queued');
        row.setValue('u_next_attempt', result.ok || old ? '' : stored(now() + delay(attempts)));
        row.update();
        if (!result.ok && old) {
            gs.error('Gatepost: the event ' + row.getValue('u_event') + ' was given up after three days: '
                + result.summary.slice(0, 255));
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

    /** One pass over the queue; returns the number of rows sent.  Later events of a record wait for its first one. */
    function pass(until) {
        var rows = queued();
        var waiting = {};
        var sent = 0;
        var tried = 0;
        var failures = 0;
        var result, key;
        rows.query();
        while (failures < MAX_FAILURES && tried < BATCH && now() < until && rows.next()) {
            key = rows.getValue('u_table') + ':' + rows.getValue('u_record');
            if (!waiting[key] && isDue(rows)) {
                result = attempt(rows);
                recordResult(rows, result);
                tried += 1;
                failures = result.ok ? 0 : failures + 1;
                sent += result.ok ? 1 : 0;
                waiting[key] = !result.ok;
            } else {
                waiting[key] = true;
            }
        }
        return failures < MAX_FAILURES ? sent : 0;
    }

    /** Send what is due, and what is queued meanwhile: the rule that sends at once finds the lock taken. */
    function send() {
        var until = now() + MAX_RUN;
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

    /** Deletes rows that were sent a week ago; failed ones stay until somebody has dealt with them. */
    function clean() {
        var rows = new GlideRecord(OUTBOX);
        rows.addQuery('u_state', 'sent');
        rows.addQuery('sys_updated_on', '<', stored(now() - KEEP_SENT_FOR));
        rows.deleteMultiple();
    }

    return { send: send, clean: clean, delay: delay };
}());
