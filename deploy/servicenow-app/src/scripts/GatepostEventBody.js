/** The JSON body of an event, and its signature. */
var GatepostEventBody = (function () {
    'use strict';

    /** JSON in ASCII alone: the signed and the sent bytes are then the same in every encoding. */
    function ascii(value) {
        return JSON.stringify(value).replace(/[\u007f-\uffff]/g, function (letter) {
            return '\\u' + ('000' + letter.charCodeAt(0).toString(16)).slice(-4);
        });
    }

    function body(record, id, table, sysId, through) {
        var event = {
            event_id: id,
            instance: gs.getProperty('instance_name', ''),
            table: table,
            sys_id: sysId,
            operation: record.operation(),
            sys_mod_count: record.getValue('sys_mod_count') || '0',
            sys_updated_on: record.getValue('sys_updated_on') || '',
            sys_updated_by: record.getValue('sys_updated_by') || ''
        };
        if (through) {
            event.through = through + ':' + record.getUniqueValue();
        }
        return event;
    }

    /** Base64 of the HMAC-SHA256 of "timestamp.body"; the platform takes its key in base64, and may return null. */
    function signature(secret, timestamp, sentBody) {
        var key = GlideStringUtil.base64Encode(secret);
        var mac = new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', timestamp + '.' + sentBody);
        if (!mac) {
            throw new Error('The event cannot be signed: check its secret in Gatepost > Gatepost sender.');
        }
        return 'v1=' + String(mac);
    }

    return { ascii: ascii, body: body, signature: signature };
}());
