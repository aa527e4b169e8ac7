"""Labels on a map in a browser: how they look, and how they keep out of each other's way."""

from __future__ import annotations

__all__ = ["PLACE_LABELS", "STYLE"]

STYLE = """<style>
.corridor-label{position:absolute;top:-8px;white-space:nowrap;pointer-events:none;
background:rgba(255,255,255,.78);border-radius:2px;padding:0 3px;font:600 11px/1.4 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;color:#222}
.corridor-label.left{right:8px}.corridor-label.right{left:8px}
.leaflet-container.leaflet-container{background:#f4f6f8;font-size:13px}
.leaflet-container .leaflet-control-attribution{font-size:11px}
.leaflet-attribution-flag{display:none!important}
path.leaflet-interactive:focus:not(:focus-visible){outline:none}
@media(max-width:520px){.corridor-label.corridor,.corridor-label.zone{display:none}
.leaflet-tooltip{white-space:normal;width:150px}}
</style>"""
"""The look of labels, tooltips and credits. On a narrow screen the long names of areas are left out."""

PLACE_LABELS = """
window.placeLabels = window.placeLabels || function (map) {
    // Each label tries both sides of its point, then a little above or below; the last resort is to hide.
    // Seats choose first, for they say where one is; the long names of corridors come last.
    var frame = map.getContainer().getBoundingClientRect(), kept = [];
    function rank(e) { return e.classList.contains("corridor") ? 2 : e.classList.contains("node") ? 0 : 1; }
    var labels = Array.from(map.getContainer().querySelectorAll(".corridor-label"));
    labels.sort(function (a, b) { return rank(a) - rank(b); });
    labels.forEach(function (e) {
        var own = e.classList.contains("left") ? "left" : "right";
        var other = own === "left" ? "right" : "left", free = null;
        [0, 15, -15, 30, -30].some(function (dy) {
            return [own, other].some(function (side) {
                e.style.top = (dy - 8) + "px";
                e.style.left = side === "right" ? "8px" : "auto";
                e.style.right = side === "left" ? "8px" : "auto";
                var b = e.getBoundingClientRect();
                if (b.right < frame.left || b.left > frame.right) { free = b; return true; }
                var out = b.left < frame.left || b.right > frame.right;
                var hit = kept.some(function (k) {
                    return b.left < k.right && k.left < b.right && b.top < k.bottom && k.top < b.bottom;
                });
                if (!out && !hit) { free = b; return true; }
                return false;
            });
        });
        e.style.visibility = free ? "" : "hidden";
        if (free && free.width) { kept.push(free); }
    });
};
window.keepLabelsApart = window.keepLabelsApart || function (map) {
    clearTimeout(map.labelsLater);
    map.labelsLater = setTimeout(function () { window.placeLabels(map); }, 40);
    if (!map.labelsApart) {
        map.labelsApart = true;
        map.on("zoomend resize", function () { window.keepLabelsApart(map); });
    }
};
"""
"""Script that a layer with labels runs: labels are placed anew when layers come or the zoom changes."""
