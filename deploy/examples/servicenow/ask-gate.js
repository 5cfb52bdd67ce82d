// Flow Designer › an action of your own › Script step: may a change go on, or is its measure's gate shut?
//
// Inputs:  measure (String: the key or id of the measure), stage (String: implemented),
//          url (String: https://gatepost.acme.example), token (Password (2 Way Encrypted)).
// Outputs: open (True/False), can_be_said (True/False), told (String), checklist (String).
//
// In the flow, after this action: If `can_be_said` is false or `open` is false, put the change on hold with
// `checklist` as its reason; else go on.  What cannot be said holds it up as well: a gate fails shut.
(function execute(inputs, outputs) {
    outputs.open = false;
    outputs.can_be_said = false;
    outputs.told = '';
    outputs.checklist = '';

    var request = new sn_ws.RESTMessageV2();
    var address = String(inputs.url).replace(/\/+$/, '') + '/api/v1/gates/' +
        encodeURIComponent(inputs.measure) + '/' + encodeURIComponent(inputs.stage);
    request.setEndpoint(address);
    request.setHttpMethod('GET');
    request.setRequestHeader('Authorization', 'Bearer ' + inputs.token);
    request.setRequestHeader('Accept', 'application/json');
    request.setHttpTimeout(30000);

    var answer;
    try {
        var response = request.execute();
        answer = JSON.parse(response.getBody());
    } catch (error) {
        outputs.told = 'Gatepost does not answer: ' + error;
        return;
    }
    // A gate that is shut is an answer with the status 409; a problem has no `open`.
    if (typeof answer.open !== 'boolean') {
        outputs.told = (answer.title || 'Gatepost answered ' + response.getStatusCode()) + ' ' + (answer.detail || '');
        return;
    }
    outputs.can_be_said = true;
    outputs.open = answer.open;
    outputs.told = answer.told;
    outputs.checklist = answer.text;
})(inputs, outputs);
