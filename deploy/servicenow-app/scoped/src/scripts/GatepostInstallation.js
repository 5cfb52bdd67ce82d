/** What is done once on an instance: after the installation, on a clone, and before the app is removed. */
var GatepostInstallation = (function () {
    'use strict';

    var HELD = ['change_request'];
    var OWN_REASON = 'Gatepost: ';
    var INSTANCE = 'x_gpost_gatepost.instance';

    function tell(text) {
        gs.info('Gatepost: ' + text);
    }

    /** Binds the app to this instance, makes the sender's row, and tests the signature. */
    function finish() {
        if (!gs.getProperty(INSTANCE, '')) {
            gs.setProperty(INSTANCE, gs.getProperty('instance_name', ''));
            tell('bound to the instance ' + gs.getProperty('instance_name', ''));
        }
        GatepostStatus.read(+new GlideDateTime().getNumericValue());
        tell('the sender is ready; set its secret in x_gpost_gatepost_sender, and the address in x_gpost_gatepost.endpoint');
    }

    /** Takes every record off hold that is held with a reason of Gatepost's. */
    function releaseHolds() {
        var count = 0;
        HELD.forEach(function (table) {
            var rows = new GlideRecord(table);
            rows.addQuery('on_hold', 'true');
            rows.addQuery('on_hold_reason', 'STARTSWITH', OWN_REASON);
            rows.query();
            while (rows.next()) {
                rows.setValue('on_hold', 'false');
                rows.setValue('on_hold_reason', '');
                rows.update();
                count += 1;
            }
        });
        tell(count + ' records were taken off hold');
        return count;
    }

    function empty(table) {
        var rows = new GlideRecord(table);
        rows.addQuery('sys_created_on', '<=', new GlideDateTime().getValue());
        rows.deleteMultiple();
    }

    /** Removes what a clone has of the original: queued events, secret, heartbeat, address. */
    function cleanClone() {
        ['x_gpost_gatepost_outbox', 'x_gpost_gatepost_sender', 'x_gpost_gatepost_heartbeat', 'x_gpost_gatepost_verdict'].forEach(empty);
        gs.setProperty('x_gpost_gatepost.endpoint', '');
        gs.setProperty(INSTANCE, '');
        tell('cleaned; run Finish installation to use the app on this instance');
    }

    return { finish: finish, releaseHolds: releaseHolds, cleanClone: cleanClone };
}());
