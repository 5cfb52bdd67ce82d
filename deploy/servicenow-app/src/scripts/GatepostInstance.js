/** Who saves, and on which instance. */
var GatepostInstance = (function () {
    'use strict';

    var WRITER = 'u_gatepost_writer';

    /** gs.hasRole is true for every administrator; an administrator is not the integration user. */
    function isWriter() {
        var roles = new GlideRecord('sys_user_has_role');
        roles.addQuery('user', gs.getUserID());
        roles.addQuery('role.name', WRITER);
        roles.addQuery('state', 'active');
        roles.setLimit(1);
        roles.query();
        return roles.next();
    }

    /** A clone has the properties of the instance that it was made from, and another name. */
    function isClone() {
        var home = gs.getProperty('gatepost.instance', '');
        return home !== '' && home !== gs.getProperty('instance_name', '');
    }

    return { isWriter: isWriter, isClone: isClone };
}());
