/** Sends the outbox: in order per record, again after a failure; one scheduled job runs it, and never twice at once. */
var GatepostSender = (function () {
    'use strict';

    var OUTBOX = 'x_gpost_gatepost_outbox';
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
    function post(row, secret) {
        var sentAt = String(Math.floor(now() / 1000));
        var event = JSON.parse(row.getValue('u_body'));
        var request = new sn_ws.RESTMessageV2();
        var midServer = gs.getProperty('x_gpost_gatepost.mid_server', '');
        var body, response, status;
        event.sent_at = stored(now());
        body = GatepostEventBody.ascii(event);
        request.setHttpMethod('post');
        request.setEndpoint(gs.getProperty('x_gpost_gatepost.endpoint', ''));
        request.setHttpTimeout(TIMEOUT);
        if (midServer) {
            request.setMIDServer(midServer);
        }
        request.setRequestHeader('Content-Type', 'application/json');
        request.setRequestHeader('X-Event-Id', row.getValue('u_event'));
        request.setRequestHeader('X-Gatepost-Timestamp', sentAt);
        request.setRequestHeader('X-Gatepost-Signature', GatepostEventBody.signature(secret, sentAt, body));
        request.setRequestBody(body);
        response = request.execute();
        status = +response.getStatusCode();
        return {
            ok: status >= 200 && status < 300,
            summary: status + ' ' + (response.getErrorMessage() || response.getBody() || '')
        };
    }

    function attempt(row, secret) {
        try {
            return post(row, secret);
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
        row.setValue('u_next_attempt', stored(now() + (result.ok || old ? 0 : delay(attempts))));
        row.update();
        if (!result.ok && old) {
            gs.error('Gatepost: the event ' + row.getValue('u_event') + ' was given up after three days: '
                + result.summary.slice(0, 255));
        }
    }

    /** What is due now: the condition is in the query, and what waits for its next attempt is not read. */
    function due() {
        var rows = new GlideRecord(OUTBOX);
        rows.addQuery('u_state', 'queued');
        rows.addQuery('u_next_attempt', '<=', stored(now()));
        rows.orderBy('u_order');
        rows.orderBy('sys_created_on');
        rows.setLimit(BATCH);
        return rows;
    }

    /** Whether an earlier event of the same record still waits for its next attempt. */
    function isBehindAnother(row) {
        var earlier = new GlideRecord(OUTBOX);
        earlier.addQuery('u_state', 'queued');
        earlier.addQuery('u_table', row.getValue('u_table'));
        earlier.addQuery('u_record', row.getValue('u_record'));
        earlier.addQuery('u_order', '<', row.getValue('u_order'));
        earlier.setLimit(1);
        earlier.query();
        return earlier.next();
    }

    /** Marked before it is sent: a change that comes meanwhile queues an event of its own. */
    function mark(row) {
        row.setValue('u_state', 'sending');
        row.update();
    }

    /** One pass over what is due; returns how many were sent, and stops when the receiver is down. */
    function pass(until, status) {
        var rows = due();
        var sent = 0;
        var failures = 0;
        var result;
        rows.query();
        while (failures < MAX_FAILURES && now() < until && rows.next()) {
            if (!isBehindAnother(rows)) {
                mark(rows);
                result = attempt(rows, status.secret);
                recordResult(rows, result);
                failures = result.ok ? 0 : failures + 1;
                sent += result.ok ? 1 : 0;
            }
        }
        GatepostStatus.recordRun(failures >= MAX_FAILURES, sent > 0, now());
        return failures < MAX_FAILURES ? sent : 0;
    }

    /** What a run that died had in hand is queued again; Gatepost recognises a repeated event by its id. */
    function recover() {
        var rows = new GlideRecord(OUTBOX);
        rows.addQuery('u_state', 'sending');
        rows.query();
        while (rows.next()) {
            rows.setValue('u_state', 'queued');
            rows.update();
        }
    }

    /** Send what is due.  A receiver that is down is left alone for a time that grows (the breaker). */
    function send() {
        var until = now() + MAX_RUN;
        var status;
        if (GatepostInstance.isClone()) {
            return;
        }
        status = GatepostStatus.read(now());
        if (!gs.getProperty('x_gpost_gatepost.endpoint', '') || !status.secret || status.resumeAt > now()) {
            return;
        }
        recover();
        while (pass(until, status) > 0 && now() < until) {
            continue;
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
