// Flow Designer › your own action › Script step: may a change continue, or is its measure's gate shut?
//
// Inputs:  measure (String: the key or id of the measure), stage (String: implemented),
//          url (String: https://gatepost.acme.example), token (Password (2 Way Encrypted)).
// Outputs: open (True/False), answered (True/False), summary (String), checklist (String).
//
// In the flow, after this action: If `answered` is false or `open` is false, put the change on hold with
// `checklist` as its reason; else continue.  Without an answer the change is held as well: a gate fails shut.
(function execute(inputs, outputs) {
    outputs.open = false;
    outputs.answered = false;
    outputs.summary = '';
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
        outputs.summary = 'Gatepost does not answer: ' + error;
        return;
    }
    // A shut gate has status 409 and the same body; a problem has no `open`.
    if (typeof answer.open !== 'boolean') {
        outputs.summary = (answer.title || 'Gatepost answered ' + response.getStatusCode()) + ' ' + (answer.detail || '');
        return;
    }
    outputs.answered = true;
    outputs.open = answer.open;
    outputs.summary = answer.summary;
    outputs.checklist = answer.text;
})(inputs, outputs);
