/** The form in which an event goes over the wire, and its signature. */
var GatepostWire = (function () {
    'use strict';

    /** JSON in ASCII alone: what is signed and what is sent are then the same bytes, whatever encodes them. */
    function ascii(value) {
        return JSON.stringify(value).replace(/[\u007f-\uffff]/g, function (letter) {
            return '\\u' + ('000' + letter.charCodeAt(0).toString(16)).slice(-4);
        });
    }

    function body(record, id, table, sysId, through) {
        var told = {
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
            told.through = through + ':' + record.getUniqueValue();
        }
        return told;
    }

    /** Base64 of the HMAC-SHA256 of "timestamp.body"; the platform wants its key in base64, and may answer null. */
    function signature(secret, timestamp, sent) {
        var key = GlideStringUtil.base64Encode(secret);
        var mac = new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', timestamp + '.' + sent);
        if (!mac) {
            throw new Error('The event cannot be signed: look at the property gatepost.secret.');
        }
        return 'v1=' + String(mac);
    }

    return { ascii: ascii, body: body, signature: signature };
}());
