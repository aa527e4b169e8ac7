// The ground of a map that stays while layers come and go: basemap tiles with a word where they fail,
// a mark where one clicked, the place of the device on demand, and moves to what was asked for.
window.groundOn = window.groundOn || function (map, options) {
    var ground = map.ground = map.ground || {layers: [], shown: "", token: "", mark: null, words: null};
    ground.words = options.words;

    function say(kind) {
        hush();
        var box = ground.notice = L.DomUtil.create("div", "ground-notice", map.getContainer());
        box.setAttribute("role", "alert");
        L.DomUtil.create("span", "", box).textContent = ground.words[kind];
        if (ground.layers.length) {
            button(box, ground.words.without, function () { drop(); hush(); });
            button(box, ground.words.again, function () { hush(); show(ground.spec); });
        } else {
            button(box, ground.words.close, hush);
        }
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.disableScrollPropagation(box);
    }
    function button(box, text, act) {
        var b = L.DomUtil.create("button", "", box);
        b.type = "button"; b.textContent = text; b.addEventListener("click", act);
    }
    function hush() { if (ground.notice) { ground.notice.remove(); ground.notice = null; } }
    function drop() {
        clearTimeout(ground.wait);
        ground.layers.forEach(function (layer) { map.removeLayer(layer); });
        ground.layers = [];
    }

    // ---- tiles

    function show(spec) {
        drop();
        ground.spec = spec;
        if (!spec) { return; }
        var run = ground.run = {loaded: 0, failed: 0, asked: false};
        spec.layers.forEach(function (tiles, k) {
            var layer = L.tileLayer(tiles.url, {
                attribution: k ? "" : spec.attribution, subdomains: tiles.servers || "a", maxNativeZoom: tiles.zoom,
                maxZoom: map.getMaxZoom(), zIndex: k + 1
            });
            layer.on("tileload", function () {
                if (ground.run !== run) { return; }
                run.loaded += 1; run.failed = 0;
                if (ground.notice && ground.notice.tiles) { hush(); }
            });
            layer.on("tileerror", function (e) {
                if (ground.run !== run) { return; }
                run.failed += 1;
                // A single tile may be missing; what tells is that none comes.
                if (run.failed >= (run.loaded ? 8 : 2)) { why(run, spec, e.tile.src); }
            });
            ground.layers.push(layer.addTo(map));
        });
        ground.wait = setTimeout(function () { if (ground.run === run && !run.loaded) { tell(run, "slow"); } }, 9000);
    }
    function tell(run, kind) {
        if (ground.run !== run || !ground.layers.length) { return; }
        say(kind);
        ground.notice.tiles = true;
    }
    function why(run, spec, address) {
        // Whether the provider answers at all: then it is the key that it refuses, else the network that is missing.
        if (run.asked) { return; }
        run.asked = true;
        if (!/^https?:/.test(address)) { tell(run, "network"); return; }
        fetch(address, {mode: "no-cors", cache: "no-store"}).then(function () {
            tell(run, spec.keyed ? "key" : "refused");
        }, function () { tell(run, "network"); });
        setTimeout(function () { run.asked = false; }, 5000);
    }
    var text = JSON.stringify(options.tiles);
    if (text !== ground.shown) {
        // On another datum the mark would lie elsewhere.
        if (ground.datum !== options.datum) { mark(null); }
        ground.shown = text; ground.datum = options.datum;
        hush();
        show(options.tiles);
    }

    // ---- the mark and the view

    function mark(at) {
        if (ground.mark) { map.removeLayer(ground.mark); ground.mark = null; }
        if (!at) { return; }
        var icon = L.divIcon({className: "ground-mark", iconSize: [22, 22], html: "<i></i>"});
        ground.mark = L.marker(at, {icon: icon, interactive: false, keyboard: false, zIndexOffset: 2000}).addTo(map);
    }
    if (!ground.listening) {
        ground.listening = true;
        map.on("click", function (e) { mark(e.latlng); });
        map.on("locationerror", function (e) { say(e.code === 1 ? "denied" : "lost"); });
        map.on("locationfound", function (e) {
            map.setView(e.latlng, Math.max(map.getZoom(), 14), {animate: false});
            map.fire("click", {latlng: e.latlng});
        });
        window.addEventListener("offline", function () { if (ground.layers.length && ground.run) { tell(ground.run, "network"); } });
    }
    if (options.view && options.view.token !== ground.token) {
        ground.token = options.view.token;
        mark(options.view.place);
        if (options.view.bounds) {
            map.fitBounds(options.view.bounds, {padding: [40, 40], maxZoom: options.view.zoom, animate: false});
        }
    }

    // ---- where am I: only when asked, and only where the map is not shifted

    function locator() {
        var box = L.DomUtil.create("div", "leaflet-bar leaflet-control");
        var b = L.DomUtil.create("a", "ground-locate", box);
        b.href = "#"; b.role = "button"; b.title = ground.words.locate;
        b.innerHTML = "<svg viewBox='0 0 20 20' width='18' height='18' aria-hidden='true'><g fill='none' stroke='#111' stroke-width='2'><circle cx='10' cy='10' r='5'/><path d='M10 0v5M10 15v5M0 10h5M15 10h5'/></g></svg>";
        b.setAttribute("aria-label", ground.words.locate);
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.on(b, "click", function (e) {
            L.DomEvent.preventDefault(e);
            hush();
            map.locate({enableHighAccuracy: true, timeout: 15000});
        });
        return box;
    }
    if (options.locate && !ground.locator) {
        ground.locator = new (L.Control.extend({options: {position: "topleft"}, onAdd: locator}))().addTo(map);
    } else if (!options.locate && ground.locator) {
        map.removeControl(ground.locator); ground.locator = null;
    }
};
