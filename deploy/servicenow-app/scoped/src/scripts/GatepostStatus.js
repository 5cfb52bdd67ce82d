/** The one row of x_gpost_gatepost_sender: the secret that signs, the breaker, and the last self-test of signing. */
var GatepostStatus = (function () {
    'use strict';

    var TABLE = 'x_gpost_gatepost_sender';
    var NAME = 'sender';
    var SELF_TEST_EVERY = 24 * 3600 * 1000;
    /** Minutes that the receiver is left alone, by failed runs in a row; the last one repeats. */
    var PAUSES = [1, 2, 5, 15];
    var VECTOR_KEY = 'gatepost-self-test-gatepost-self-test';
    var VECTOR_BODY = '{"event_id":"self-test"}';
    var VECTOR_STAMP = '1750845600';
    var VECTOR = 'v1=YrBp3DLus1ocG0j5sgGdHQUcsDYhlxiLy5xQ71RDk7g=';

    function stored(moment) {
        var time = new GlideDateTime();
        time.setNumericValue(moment);
        return time.getValue();
    }

    function millis(time) {
        return time ? +new GlideDateTime(time).getNumericValue() : 0;
    }

    /** The row, which is made when it is missing; its name is unique. */
    function row() {
        var found = new GlideRecord(TABLE);
        found.addQuery('u_name', NAME);
        found.setLimit(1);
        found.query();
        if (!found.next()) {
            found = new GlideRecord(TABLE);
            found.initialize();
            found.setValue('u_name', NAME);
            found.setValue('u_failed_runs', '0');
            found.insert();
        }
        return found;
    }

    /** The secret in the clear; its column is two-way encrypted, for which this is the documented call. */
    function secretOf(found) {
        var element = found.getElement('u_secret');
        return element ? String(element.getDecryptedValue() || '') : '';
    }

    /** Signs a known text and compares: an instance that signs otherwise would send events that nobody accepts. */
    function selfTest(secret) {
        try {
            if (GatepostEventBody.signature(VECTOR_KEY, VECTOR_STAMP, VECTOR_BODY) !== VECTOR) {
                return 'this instance signs a known text otherwise than expected';
            }
        } catch (error) {
            return String(error && error.message ? error.message : error);
        }
        if (!secret) {
            return 'no secret is set';
        }
        return secret.length < 32 ? 'the secret has fewer than 32 characters' : 'ok';
    }

    function test(found, secret, nowMillis) {
        found.setValue('u_self_test', selfTest(secret));
        found.setValue('u_self_tested_at', stored(nowMillis));
        found.update();
    }

    /** {secret, resumeAt}; the self-test runs once a day, and while it fails. */
    function read(nowMillis) {
        var found = row();
        var secret = secretOf(found);
        var due = nowMillis - millis(found.getValue('u_self_tested_at')) > SELF_TEST_EVERY;
        if (due || found.getValue('u_self_test') !== 'ok') {
            test(found, secret, nowMillis);
        }
        return { secret: secret, resumeAt: millis(found.getValue('u_resume_at')) };
    }

    /** A run that ended because the receiver is down opens the breaker; a sent event closes it. */
    function recordRun(isDown, hasSent, nowMillis) {
        var found, failedRuns;
        if (!isDown && !hasSent) {
            return;
        }
        found = row();
        failedRuns = isDown ? +(found.getValue('u_failed_runs') || 0) + 1 : 0;
        if (isDown || found.getValue('u_resume_at')) {
            found.setValue('u_failed_runs', String(failedRuns));
            found.setValue('u_resume_at', isDown
                ? stored(nowMillis + PAUSES[Math.min(failedRuns, PAUSES.length) - 1] * 60000) : '');
            found.update();
        }
    }

    return { read: read, recordRun: recordRun, selfTest: selfTest };
}());
