// Drawing and editing on a Leaflet map: lines, polygons, points, and belts that are moved and turned.
// What is drawn stands in a feature group; every change is told by draw:created, draw:edited and
// draw:deleted on the map, whose event has the layer.
window.drawingOn = function (map, items, options) {
    var kinds = options.kinds, allowed = kinds, words = options.words;
    var handles = L.layerGroup().addTo(map), sketch = L.layerGroup().addTo(map);
    var box = map.getContainer(), mode = null, points = [], busy = false, later = null, shown = "";
    // A pane of its own: layers that come later do not cover what is edited.
    map.createPane("drawing").style.zIndex = 450;
    var APART = 17, INK = "#111111", PAPER = "#FFD400", EARTH = 6371008.8, RADIANS = Math.PI / 180;

    // A handle or a shape in hand is no thing to be clicked: who listens to clicks on all layers hears none.
    function silent(layer) {
        var on = layer.on;
        layer.on = function (types, act, context) { return types === "click" ? layer : on.call(layer, types, act, context); };
        return layer;
    }

    function tell(what, layer) {
        // The time makes each result another one, also where a shape is drawn twice alike.
        layer.feature.properties.at = Date.now();
        map.fire("draw:" + what, {layer: layer, layerType: layer.feature.properties.kind});
    }

    // ---- belts: a rectangle on the ground, given by its middle, azimuth, length and width

    function from(lat, lng, azimuth, metres) {
        var a = azimuth * RADIANS, d = metres / EARTH, y = lat * RADIANS;
        var north = Math.asin(Math.sin(y) * Math.cos(d) + Math.cos(y) * Math.sin(d) * Math.cos(a));
        var east = Math.atan2(Math.sin(a) * Math.sin(d) * Math.cos(y), Math.cos(d) - Math.sin(y) * Math.sin(north));
        return L.latLng(north / RADIANS, lng + east / RADIANS);
    }

    function azimuthTo(a, b) {
        var y = a.lat * RADIANS, z = b.lat * RADIANS, turn = (b.lng - a.lng) * RADIANS;
        var x = Math.cos(y) * Math.sin(z) - Math.sin(y) * Math.cos(z) * Math.cos(turn);
        return (Math.atan2(Math.sin(turn) * Math.cos(z), x) / RADIANS + 360) % 360;
    }

    function corners(belt) {
        var along = belt.length_km * 500, across = belt.width_km * 500;
        return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(function (sign) {
            var u = sign[0] * along, v = sign[1] * across;
            return from(belt.lat, belt.lon, belt.azimuth_deg + Math.atan2(v, u) / RADIANS, Math.hypot(u, v));
        });
    }

    // ---- handles

    function handle(at, look, name, moved, ended, removed) {
        var size = look === "turn" || look === "whole" ? 30 : 24;
        var icon = L.divIcon({className: "drawing-handle " + look, iconSize: [size, size], html: "<i></i>"});
        var marker = silent(L.marker(at, {icon: icon, draggable: true, zIndexOffset: look === "middle" ? 800 : 1000, bubblingMouseEvents: false}));
        var held = null;
        marker.on("add", function () {
            marker.getElement().setAttribute("aria-label", name);
            marker.getElement().title = name;
        });
        marker.on("dragstart", function () { busy = true; });
        marker.on("drag", function () { moved(marker.getLatLng(), marker); });
        marker.on("dragend", function () { busy = false; ended(marker); });
        if (removed) { marker.on("dblclick contextmenu", function (e) { L.DomEvent.stop(e); removed(); }); }
        marker.on("keydown", function (e) {
            var key = e.originalEvent.key, step = {ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8]}[key];
            if (removed && (key === "Delete" || key === "Backspace")) { L.DomEvent.stop(e.originalEvent); removed(); return; }
            if (!step) { return; }
            L.DomEvent.stop(e.originalEvent);
            marker.setLatLng(map.layerPointToLatLng(map.latLngToLayerPoint(marker.getLatLng()).add(step)));
            moved(marker.getLatLng(), marker);
            clearTimeout(held);
            held = setTimeout(function () { ended(marker); }, 600);
        });
        return marker.addTo(handles);
    }

    function listsOf(latlngs) {
        // The lists of vertices in the nested lists of a polyline or polygon.
        return L.LineUtil.isFlat(latlngs) ? [latlngs] : [].concat.apply([], latlngs.map(listsOf));
    }

    function editVertices(layer) {
        var closed = layer instanceof L.Polygon, least = closed ? 3 : 2;
        listsOf(layer.getLatLngs()).forEach(function (list) {
            // Where vertices lie close together only some can be taken hold of; more when one zooms in.
            var ahead = null;
            list.forEach(function (vertex, k) {
                var here = map.latLngToLayerPoint(vertex);
                if (ahead && k + 1 < list.length && here.distanceTo(ahead) < APART) { return; }
                ahead = here;
                handle(vertex, "vertex", words.vertex, function (at) {
                    list[k] = at; layer.redraw();
                }, function () { tell("edited", layer); redo(); }, list.length <= least ? null : function () {
                    list.splice(k, 1); layer.redraw(); tell("edited", layer); redo();
                });
            });
            if (list.length > 400) { return; }  // so many middles would only be in the way
            list.forEach(function (vertex, k) {
                if (k + 1 === list.length && !closed) { return; }
                var next = list[(k + 1) % list.length], added = false;
                var a = map.latLngToLayerPoint(vertex), b = map.latLngToLayerPoint(next);
                if (a.distanceTo(b) < 2 * APART) { return; }
                handle(map.layerPointToLatLng(a.add(b).divideBy(2)), "middle", words.middle, function (at) {
                    if (added) { list[k + 1] = at; } else { list.splice(k + 1, 0, at); added = true; }
                    layer.redraw();
                }, function () { tell("edited", layer); redo(); });
            });
        });
    }

    function editBelt(layer) {
        var belt = layer.feature.properties.belt, middle, ends;
        function end(sign) { return from(belt.lat, belt.lon, belt.azimuth_deg, sign * belt.length_km * 500); }
        function draw() {
            layer.setLatLngs(corners(belt));
            middle.setLatLng([belt.lat, belt.lon]);
            ends.forEach(function (e) { e[0].setLatLng(end(e[1])); });
        }
        function done() { tell("edited", layer); }
        function put(at) { belt.lat = at.lat; belt.lon = at.lng; draw(); }
        middle = handle([belt.lat, belt.lon], "whole", words.whole, put, done);
        ends = [1, -1].map(function (sign) {
            return [handle(end(sign), "turn", words.turn, function (at) {
                belt.azimuth_deg = (azimuthTo(L.latLng(belt.lat, belt.lon), at) + (sign < 0 ? 180 : 0)) % 180;
                draw();
            }, done), sign];
        });
        // The body is dragged as well, by mouse, pen or finger.
        var body = layer.getElement();
        body.style.cursor = "move";
        body.onmousedown = body.ontouchstart = function (e) { e.stopPropagation(); };
        body.onpointerdown = function (e) {
            if (mode || e.button) { return; }
            var start = map.mouseEventToLayerPoint(e), own = map.latLngToLayerPoint([belt.lat, belt.lon]), moved = false;
            L.DomEvent.stop(e);
            function move(f) {
                var step = map.mouseEventToLayerPoint(f).subtract(start);
                if (!moved && Math.hypot(step.x, step.y) < 4) { return; }
                moved = busy = true;
                put(map.layerPointToLatLng(own.add(step)));
            }
            function up() {
                L.DomEvent.off(window, "pointermove", move).off(window, "pointerup pointercancel", up);
                busy = false;
                if (moved) { done(); catchUp(); }
            }
            L.DomEvent.on(window, "pointermove", move).on(window, "pointerup pointercancel", up);
        };
    }

    function editPoint(layer) {
        handle(layer.getLatLng(), "vertex", words.place, function (at) { layer.setLatLng(at); }, function () { tell("edited", layer); });
    }

    function redo() {
        // All handles anew; the one in hand keeps the focus by its place in the order.
        var old = handles.getLayers(), held = old.findIndex(function (m) { return m.getElement() === document.activeElement; });
        handles.clearLayers();
        items.eachLayer(function (layer) {
            if (layer instanceof L.CircleMarker) { editPoint(layer); }
            else if (layer.feature.properties.belt) { editBelt(layer); }
            else { editVertices(layer); }
        });
        var again = handles.getLayers()[held];
        if (again && old.length === handles.getLayers().length) { again.getElement().focus({preventScroll: true}); }
        buttons();
        catchUp();
    }

    // ---- shapes given from outside

    function put(feature) {
        var p = feature.properties || {}, own = {id: feature.id || p.id || null, kind: p.kind || null, belt: p.belt ? L.extend({}, p.belt) : null};
        var style = {color: INK, weight: 3, dashArray: "2 6", fill: feature.geometry.type.indexOf("Polygon") >= 0, fillOpacity: 0.06};
        L.geoJSON(feature, {style: style, pane: "drawing", pointToLayer: point}).eachLayer(function (layer) {
            layer.feature = {type: "Feature", properties: own};
            if (own.belt) { layer.setLatLngs(corners(own.belt)); }
            items.addLayer(silent(layer));
        });
    }

    function point(_, at) {
        return L.circleMarker(at, {pane: "drawing", radius: 8, color: INK, weight: 3, fillColor: PAPER, fillOpacity: 1});
    }

    function edit(features, token, may) {
        // Nothing is replaced while it is in hand, nor where it is there already.
        var text = JSON.stringify([features, token]);
        later = null;
        if (busy || mode) { later = [features, token, may]; return; }
        allowed = may || kinds;
        buttons();
        if (text === shown) { return; }
        shown = text;
        var same = JSON.stringify(items.toGeoJSON().features.map(bare)) === JSON.stringify(features.map(bare));
        if (same) { return; }
        items.clearLayers();
        features.forEach(put);
        redo();
    }

    function catchUp() { if (later) { edit(later[0], later[1], later[2]); } }

    function bare(feature) {
        var p = feature.properties || {}, belt = p.belt;
        return [feature.id || p.id || null, belt ? [belt.lon, belt.lat, belt.azimuth_deg, belt.length_km, belt.width_km] : feature.geometry.coordinates];
    }

    // ---- drawing something new

    function start(kind) {
        cancel();
        mode = kind;
        box.classList.add("drawing");
        map.doubleClickZoom.disable();
        buttons();
    }

    function stop() {
        mode = null; points = [];
        sketch.clearLayers();
        box.classList.remove("drawing");
        // The click that ended it may be half of a double click.
        setTimeout(function () { if (!mode) { map.doubleClickZoom.enable(); } }, 500);
        buttons();
    }

    function cancel() { if (mode) { stop(); catchUp(); } }

    function add(at) {
        points.push(at);
        if (mode === "point") { finish(); return; }
        trace();
    }

    function undo() { points.pop(); trace(); }

    function finish() {
        var kind = mode, list = points;
        if (list.length < {point: 1, line: 2, polygon: 3}[kind]) { return; }
        var coordinates = list.map(function (p) { return [p.lng, p.lat]; });
        var geometry = {
            point: {type: "Point", coordinates: coordinates[0]},
            line: {type: "LineString", coordinates: coordinates},
            polygon: {type: "Polygon", coordinates: [coordinates.concat([coordinates[0]])]}
        }[kind];
        stop();
        // One new thing at a time: what was drawn before and is not the app's gives way.
        items.eachLayer(function (layer) { if (!layer.feature.properties.id) { items.removeLayer(layer); } });
        put({type: "Feature", properties: {kind: kind}, geometry: geometry});
        redo();
        var layers = items.getLayers();
        tell("created", layers[layers.length - 1]);
    }

    function trace(cursor) {
        sketch.clearLayers();
        var path = cursor ? points.concat([cursor]) : points;
        var style = {pane: "drawing", color: INK, weight: 3, dashArray: "2 6", interactive: false};
        (mode === "polygon" ? L.polygon(path, style) : L.polyline(path, style)).addTo(sketch);
        points.forEach(function (p) { L.circleMarker(p, {pane: "drawing", radius: 5, color: INK, weight: 2, fillColor: PAPER, fillOpacity: 1, interactive: false}).addTo(sketch); });
        if (!cursor) { buttons(); }
    }

    // Clicks are taken before Leaflet sees them, so that nothing beneath answers while one draws.
    var pressed = null, last = 0;
    function onMap(e) { return mode && !(e.target.closest && e.target.closest(".leaflet-control")); }
    box.addEventListener("pointerdown", function (e) { pressed = [e.clientX, e.clientY]; }, true);
    box.addEventListener("dblclick", function (e) { if (onMap(e)) { e.stopPropagation(); e.preventDefault(); } }, true);
    box.addEventListener("mousemove", function (e) { if (onMap(e) && points.length) { trace(map.mouseEventToLatLng(e)); } });
    box.addEventListener("click", function (e) {
        if (!onMap(e)) { return; }
        e.stopPropagation();
        if (pressed && Math.hypot(e.clientX - pressed[0], e.clientY - pressed[1]) > 6) { return; }  // the map was dragged
        var now = Date.now(), at = map.mouseEventToContainerPoint(e);
        function near(p) { return p && map.latLngToContainerPoint(p).distanceTo(at) < 12; }
        var twice = now - last < 450 && near(points[points.length - 1]);
        last = now;
        if (twice || (points.length > 2 && mode === "polygon" && near(points[0]))) { finish(); return; }
        add(map.containerPointToLatLng(at));
    }, true);
    box.addEventListener("keydown", function (e) {
        if (!mode) { return; }
        var own = e.target === box;
        if (e.key === "Escape") { cancel(); }
        else if (e.key === "Backspace" && points.length) { undo(); }
        else if (own && e.key === "Enter") { finish(); }
        else if (own && e.key === " ") { add(map.getCenter()); }
        else { return; }
        e.preventDefault();
        e.stopPropagation();
    }, true);

    // ---- the toolbar

    var bar = L.DomUtil.create("div", "leaflet-control drawing-bar");
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", words.bar);
    var tools = {};
    function tool(name, act) {
        var button = L.DomUtil.create("button", "drawing-" + name, bar);
        button.type = "button";
        button.textContent = words[name];
        button.title = words[name + "Help"];
        button.setAttribute("aria-label", words[name] + ": " + words[name + "Help"]);
        button.addEventListener("click", act);
        tools[name] = button;
    }
    kinds.forEach(function (kind) { tool(kind, function () { if (mode === kind) { cancel(); } else { start(kind); } if (mode) { box.focus({preventScroll: true}); } }); });
    tool("undo", undo); tool("finish", finish); tool("cancel", cancel);
    tool("drop", function () {
        var gone = drawn()[0];
        items.removeLayer(gone); redo(); tell("deleted", gone);
    });
    var hint = L.DomUtil.create("span", "drawing-hint", bar);
    hint.setAttribute("role", "status");
    function drawn() { return items.getLayers().filter(function (l) { return !l.feature.properties.id; }); }
    function buttons() {
        kinds.forEach(function (kind) {
            tools[kind].setAttribute("aria-pressed", String(mode === kind));
            tools[kind].hidden = allowed.indexOf(kind) < 0;
        });
        tools.undo.hidden = tools.cancel.hidden = !mode;
        tools.finish.hidden = !mode || mode === "point";
        tools.undo.hidden = tools.finish.hidden;
        tools.undo.disabled = !points.length;
        tools.finish.disabled = points.length < (mode === "polygon" ? 3 : 2);
        tools.drop.hidden = Boolean(mode) || !drawn().length;
        hint.textContent = mode ? words[mode + "Hint"] : handles.getLayers().length ? words.editHint : "";
        hint.hidden = !hint.textContent;
        bar.hidden = !allowed.length && hint.hidden;
    }
    var control = new (L.Control.extend({options: {position: "topright"}, onAdd: function () { return bar; }}))();
    control.addTo(map);
    L.DomEvent.disableClickPropagation(bar);
    L.DomEvent.disableScrollPropagation(bar);
    map.on("zoomend", redo);
    buttons();
    return {edit: edit, start: start, cancel: cancel};
};
