// Layers of GeoJSON whose features carry their own style, tooltip, card and label.
window.corridorLayer = window.corridorLayer || function (data, credit) {
    var layer = L.geoJSON(data, {
        attribution: credit,
        style: function (f) { return f.properties.st; },
        pointToLayer: function (f, at) { return L.circleMarker(at, f.properties.st); },
        onEachFeature: function (f, own) {
            var p = f.properties;
            if (p.tip) { own.bindTooltip(p.tip, {sticky: true}); }
            if (p.card) { own.bindPopup(p.card, {maxWidth: 320}); }
        }
    });
    data.features.forEach(function (f) {
        var p = f.properties;
        if (!p.label) { return; }
        // A marker and no tooltip: a tooltip on the left is measured before its style is there.
        var label = L.marker(p.at, {interactive: false, keyboard: false,
            icon: L.divIcon({className: "", iconSize: [0, 0],
                html: "<span class='corridor-label " + (p.side || "right") + "'>" + p.label + "</span>"})});
        label.on("add", function () { window.keepLabelsApart(this._map); });
        layer.addLayer(label);
    });
    return layer;
};

// Shows layers on a map, each as [name, credit, text of its GeoJSON]. What is there already stays: a
// layer that comes or goes costs no more than itself.
window.corridorShow = window.corridorShow || function (map, wanted) {
    var before = map.corridorLayers || {}, now = {}, order = [];
    wanted.forEach(function (w) {
        var name = w[0];
        while (now[name]) { name += "'"; }
        now[name] = before[name] || window.corridorLayer(JSON.parse(w[2]), w[1]);
        order.push(name);
    });
    Object.keys(before).forEach(function (name) { if (!now[name]) { map.removeLayer(before[name]); } });
    var came = false;
    order.forEach(function (name) {
        if (!map.hasLayer(now[name])) { came = true; now[name].addTo(map); }
    });
    if (came || (map.corridorOrder || []).join() !== order.join()) {
        order.forEach(function (name) { now[name].bringToFront(); });
    }
    map.corridorLayers = now;
    map.corridorOrder = order;
};
