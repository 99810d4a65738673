/* What the page looks like, and the little that it does: it is read without a script as well. */
#include "analysis/grid/grid_private.h"

/* The colours of the ways are viridis from light to dark: the less help a way needs, the lighter it is. */
static const char *const style[] = {
    ":root{--paper:#fff;--ink:#1f2933;--mute:#66707c;--hair:#d9dee4;--card:#f7f8fa;--bad:#d55e00;--good:#"
    "00795c;"
    "--d:#fde725;--R:#a0da39;--h:#4ac16d;--p:#1fa187;--b:#277f8e;--r:#46327e;--f:#b3261e}"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e4e8ec;--mute:#98a2ad;--hair:#313942;"
    "--card:#1c2229;--bad:#ff8c42;--good:#4cc9a4;--r:#5b4699}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 Lato,'Segoe "
    "UI',Helvetica,Arial,sans-serif}"
    "main{max-width:1560px;margin:0 auto;padding:28px 28px 260px}"
    "h1{font-size:26px;margin:0 0 2px;font-weight:650}h2{font-size:17px;margin:36px 0 10px;font-weight:650}"
    "p{margin:4px 0}a{color:inherit}.mute{color:var(--mute)}"
    "code,.cmd{font:12.5px/1.45 'DejaVu Sans Mono',Menlo,Consolas,monospace}"
    ".verdict{float:right;border-radius:99px;padding:5px 16px;font-weight:650;border:1.5px solid}"
    ".verdict.ok{color:var(--good)}.verdict.no{color:var(--bad)}"
    ".bar{display:flex;height:14px;border-radius:7px;overflow:hidden;margin:16px 0 "
    "10px;background:var(--hair)}"
    ".bar i{display:block}.legend{display:flex;flex-wrap:wrap;gap:6px "
    "20px;padding:0;margin:0;list-style:none}"
    ".legend "
    "b{display:inline-block;width:22px;height:22px;line-height:22px;text-align:center;border-radius:4px;"
    "margin-right:6px;font-weight:600}"
    ".w0{background:var(--d);color:#161616}.w1{background:var(--R);color:#161616}"
    ".w2{background:var(--h);color:#0d1f14}.w3{background:var(--p);color:#04150f}"
    ".w4{background:var(--b);color:#fff}.w5{background:var(--r);color:#fff}.w6{background:var(--f);color:#"
    "fff}"
    ".none{background:repeating-linear-gradient(45deg,var(--hair) 0 3px,transparent 3px 6px)}", /* ISO C
                                                                                                   compilers
                                                                                                   need not
                                                                                                   take longer
                                                                                                   strings */
    ".sheets{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,680px),1fr));gap:18px 34px}"
    ".sheet{margin:0}.sheet figcaption{font-weight:600;margin:18px 0 "
    "2px}.scroll{overflow-x:auto;padding-bottom:4px}"
    "table.grid{border-collapse:separate;border-spacing:2px;font-size:12.5px}"
    ".grid th{font-weight:400;text-align:right;padding:0 8px 0 0;white-space:nowrap;color:var(--mute)}"
    ".grid thead th{height:148px;vertical-align:bottom;padding:0 0 6px}"
    ".grid thead th "
    "span{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block;text-align:left}"
    ".grid th.on{color:var(--ink);font-weight:650}"
    ".grid "
    "td{width:25px;min-width:25px;height:25px;padding:0;text-align:center;border-radius:4px;font-weight:600}"
    ".grid td a{display:block;line-height:25px;text-decoration:none;border-radius:4px}"
    ".grid td a:hover,.grid td a:focus-visible,.grid td.pin{outline:2px solid "
    "var(--ink);outline-offset:1px}"
    ".grid td.bad{box-shadow:0 0 0 2px var(--bad)}.grid td.bad "
    "a::after{content:'!';font-size:10px;vertical-align:super}"
    ".grid td.known{box-shadow:0 0 0 2px var(--mute)}.grid td.known a::after{content:'~';font-size:10px;"
    "vertical-align:super}.grid td.drawn a{text-decoration:underline;text-underline-offset:2px}"
    ".sheet.close{grid-column:1/-1}.close.grid thead th{height:84px}"
    ".close.grid{border-spacing:1px;font-size:9px;line-height:1}.close.grid th{padding-right:4px}"
    ".close.grid td{width:12px;min-width:12px;height:12px;font-size:8px;border-radius:2px}"
    ".close.grid td a{line-height:12px}.close.grid td.bad,.close.grid td.known{box-shadow:inset 0 0 0 1.5px "
    "var(--bad)}.close.grid td.known{box-shadow:inset 0 0 0 1.5px var(--mute)}"
    ".close.grid td.bad a::after,.close.grid td.known a::after{content:none}"
    ".wrong{border-left:3px solid var(--bad);background:var(--card);padding:10px 16px;margin:8px "
    "0;border-radius:0 6px "
    "6px 0}.list{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,640px),1fr));gap:10px "
    "18px}"
    ".list "
    ".wrong{margin:0;font-size:13.5px;overflow-wrap:anywhere}.wrong.known{border-color:var(--mute)}.wrong "
    "p{margin:2px 0}"
    ".facts{border-collapse:collapse;font-size:13.5px}.facts td,.facts th{border-bottom:1px solid "
    "var(--hair);"
    "padding:4px 18px 4px 0;text-align:left;vertical-align:top;font-weight:400}.facts th{color:var(--mute)}"
    "details{margin:8px 0;border:1px solid var(--hair);border-radius:8px;padding:8px 14px}"
    "summary{cursor:pointer}details .svg{background:#fff;border-radius:6px;overflow-x:auto;margin-top:10px}"
    "#panel{position:fixed;left:0;right:0;bottom:0;background:var(--card);border-top:1px solid var(--hair);"
    "padding:12px 28px;min-height:132px;display:none}#panel.on{display:block}"
    "#panel h3{margin:0 0 2px;font-size:15px}#panel pre{margin:0;white-space:pre-wrap;font:13px/1.45 inherit;"
    "font-family:inherit}#panel .cmd{display:inline-block;margin-top:6px;padding:2px 8px;border-radius:4px;"
    "background:var(--paper);border:1px solid var(--hair);user-select:all}"
    "#panel button{margin-left:8px;font:inherit;font-size:12.5px;border:1px solid "
    "var(--hair);border-radius:4px;"
    "background:var(--paper);color:inherit;padding:1px 9px;cursor:pointer}"
    "@media "
    "print{#panel{display:none!important}main{padding:0}.w0,.w1,.w2,.w3,.w4,.w5,.w6{print-color-adjust:exact;"
    "-webkit-print-color-adjust:exact}}"};

/* The panel shows a cell's title while the pointer is on it, and keeps that of the cell that was clicked. */
static const char *const script[] = {
    "(function(){'use strict';"
    "const panel=document.getElementById('panel'),again=document.body.dataset.again;let pinned=null;"
    "function esc(s){const d=document.createElement('div');d.textContent=s;return d.innerHTML}"
    "function tell(c){const t=c.closest('table'),a=c.querySelector('a'),"
    "row=c.parentNode.cells[0].textContent,col=t.tHead.rows[0].cells[c.cellIndex].textContent;"
    "const lines=(a?a.dataset.t:row+' → '+col+'\\n'+c.textContent).split('\\n'),head=lines.shift();"
    "const cmd=again?again+' --cell '+[row,col,t.dataset.transport,t.dataset.case].join(','):'';"
    "panel.innerHTML='<h3>'+esc(head)+' <span class=\"mute\">'+esc(t.dataset.title)+'</span></h3><pre>'+"
    "esc(lines.join('\\n'))+'</pre>'+(cmd?'<span class=\"cmd\">'+esc(cmd)+'</span><button>copy</button>':'');"
    "const "
    "b=panel.querySelector('button');if(b)b.onclick=()=>navigator.clipboard&&navigator.clipboard.writeText("
    "cmd);"
    "panel.classList.add('on')}"
    "function heads(c,on){c.parentNode.cells[0].classList.toggle('on',on);"
    "c.closest('table').tHead.rows[0].cells[c.cellIndex].classList.toggle('on',on)}"
    "function open(){const l=location.hash.length>1&&document.getElementById(location.hash.slice(1));"
    "if(l&&l.tagName==='DETAILS')l.open=true}",
    "document.querySelectorAll('table.grid').forEach(t=>{"
    "t.querySelectorAll('td a').forEach(a=>{a.dataset.t=a.title;a.removeAttribute('title')});"
    "const cell=e=>e.target.closest('td');"
    "const on=e=>{const c=cell(e);if(c){heads(c,true);tell(c)}};"
    "const off=e=>{const c=cell(e);if(c){heads(c,false);if(pinned)tell(pinned);"
    "else panel.classList.remove('on')}};"
    "t.addEventListener('mouseover',on);t.addEventListener('mouseout',off);"
    "t.addEventListener('focusin',on);t.addEventListener('focusout',off);"
    "t.addEventListener('click',e=>{const c=cell(e);if(!c)return;"
    "if(pinned)pinned.classList.remove('pin');pinned=pinned===c?null:c;"
    "if(pinned){c.classList.add('pin');tell(c)}"
    "const a=c.querySelector('a');if(a&&a.hash==='#again')e.preventDefault()})});"
    "addEventListener('hashchange',open);open();"
    "addEventListener('keydown',e=>{if(e.key==='Escape'&&pinned){pinned.classList.remove('pin');"
    "pinned=null;"
    "panel.classList.remove('on')}})})();"};

void an_grid_append_style(GString *html)
{
    for (size_t i = 0; i < G_N_ELEMENTS(style); i++)
        g_string_append(html, style[i]);
}

void an_grid_append_script(GString *html)
{
    for (size_t i = 0; i < G_N_ELEMENTS(script); i++)
        g_string_append(html, script[i]);
}
