// Two Leaflet maps side by side that show the same place: where one goes, the other follows.
window.sideBySide = function (ground, sides, view, memory) {
    function label(feature) {
        var p = feature.properties;
        return L.marker(p.at, {interactive: false, keyboard: false, icon: L.divIcon({className: "", iconSize: [0, 0],
            html: "<span class='corridor-label " + (p.side || "right") + "'>" + p.label + "</span>"})});
    }
    function layer(map, collection) {
        L.geoJSON(collection, {
            style: function (f) { return f.properties.st; },
            pointToLayer: function (f, at) { return L.circleMarker(at, f.properties.st); },
            onEachFeature: function (f, own) { if (f.properties.tip) { own.bindTooltip(f.properties.tip, {sticky: true}); } }
        }).addTo(map);
        collection.features.forEach(function (f) { if (f.properties.label) { label(f).addTo(map); } });
    }
    var maps = sides.map(function (side) {
        var map = L.map(side.id, {zoomSnap: 0.5, maxZoom: 18, minZoom: 5});
        map.attributionControl.setPrefix(false).addAttribution(side.credit);
        map.fitBounds(view, {padding: [8, 8], animate: false});
        layer(map, ground);
        layer(map, side.data);
        if (window.keepLabelsApart) { window.keepLabelsApart(map); }
        return map;
    });
    // The page is made anew after each change: the place that was looked at is kept meanwhile.
    try {
        var seen = JSON.parse(sessionStorage.getItem(memory));
        if (seen) { maps.forEach(function (map) { map.setView([seen[0], seen[1]], seen[2], {animate: false}); }); }
    } catch (error) { /* no such memory in this browser */ }
    var following = false;
    maps.forEach(function (map) {
        map.on("move zoomend moveend", function () {
            if (following) { return; }
            following = true;
            maps.forEach(function (other) {
                if (other !== map) { other.setView(map.getCenter(), map.getZoom(), {animate: false}); }
            });
            following = false;
            var at = map.getCenter();
            try { sessionStorage.setItem(memory, JSON.stringify([at.lat, at.lng, map.getZoom()])); } catch (error) { /* likewise */ }
        });
    });
    window.linkedMaps = maps;
};
