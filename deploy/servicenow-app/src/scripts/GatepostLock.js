/**
 * One sender at a time.  The row's fixed id is the lock: the database accepts it once.  A lock expires when its
 * holder has died.  Should two ever send at once, Gatepost recognises a repeated event by its id.
 */
var GatepostLock = (function () {
    'use strict';

    var TABLE = 'u_gatepost_lock';
    var ROW = '6a7e905700000000000000000000c10c';
    var LEASE = 5 * 60 * 1000;

    function find() {
        var row = new GlideRecord(TABLE);
        return row.get(ROW) ? row : null;
    }

    /** The holder's name when the lock could be taken, else an empty text. */
    function take(nowMillis) {
        var row = find();
        var holder = gs.generateGUID();
        if (row) {
            if (+row.getValue('u_until') > nowMillis) {
                return '';
            }
            row.deleteRecord();
        }
        row = new GlideRecord(TABLE);
        row.initialize();
        row.setNewGuidValue(ROW);
        row.setValue('u_holder', holder);
        row.setValue('u_until', String(nowMillis + LEASE));
        return row.insert() ? holder : '';
    }

    /** A holder whose lock has expired releases nothing. */
    function release(holder) {
        var row = find();
        if (row && row.getValue('u_holder') === holder) {
            row.deleteRecord();
        }
    }

    return { take: take, release: release };
}());
