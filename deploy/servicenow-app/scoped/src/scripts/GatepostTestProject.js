/** Projects of the test suite: made with a verdict, moved in the ways that a test asks for, and removed again. */
var GatepostTestProject = (function () {
    'use strict';

    var NAME = 'Made by a test of Gatepost, and removed again';

    function setGate(project, gate) {
        var row = new GlideRecord('x_gpost_gatepost_verdict');
        row.addQuery('u_task', project);
        row.query();
        if (row.next()) {
            row.setValue('u_gate', gate);
            row.setValue('u_checked', new GlideDateTime().getValue());
            row.update();
            return;
        }
        row.initialize();
        row.setValue('u_task', project);
        row.setValue('u_gate', gate);
        row.setValue('u_checked', new GlideDateTime().getValue());
        row.insert();
    }

    /** The sys_id of a new project in Work in Progress, with a gate. */
    function make(gate) {
        var project = new GlideRecord('pm_project');
        var sysId;
        project.initialize();
        project.setValue('short_description', NAME);
        project.setValue('state', '2');
        sysId = project.insert();
        setGate(sysId, gate);
        return sysId;
    }

    function stateOf(project) {
        var row = new GlideRecord('pm_project');
        return row.get(project) ? String(row.getValue('state')) : '';
    }

    /** Saves the project with another state; returns the state that it has then. */
    function move(project, state) {
        var row = new GlideRecord('pm_project');
        if (row.get(project)) {
            row.setValue('state', state);
            row.update();
        }
        return stateOf(project);
    }

    function closeOnlyChild(project) {
        var child = new GlideRecord('pm_project_task');
        child.initialize();
        child.setValue('parent', project);
        child.setValue('top_task', project);
        child.setValue('short_description', NAME);
        child.setValue('state', '2');
        if (child.get(child.insert())) {
            child.setValue('state', '3');
            child.update();
        }
    }

    /** A row of an import set is transformed when it is inserted; returns the state that the project has then. */
    function importState(table, project, state) {
        var row = new GlideRecord(table);
        row.initialize();
        row.setValue('u_project', project);
        row.setValue('u_new_state', state);
        row.insert();
        return stateOf(project);
    }

    function removeAll(table, column, value) {
        var rows = new GlideRecord(table);
        rows.addQuery(column, value);
        rows.query();
        while (rows.next()) {
            rows.deleteRecord();
        }
    }

    function remove(project) {
        removeAll('x_gpost_gatepost_verdict', 'u_task', project);
        removeAll('pm_project_task', 'parent', project);
        removeAll('pm_project', 'sys_id', project);
    }

    return {
        make: make, setGate: setGate, move: move, stateOf: stateOf, closeOnlyChild: closeOnlyChild,
        importState: importState, remove: remove
    };
}());
