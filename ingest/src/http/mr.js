(function(w,d,n){
"use strict";
var s=d.currentScript,o=s&&s.getAttribute("data-origin")||s&&new URL(s.src).origin||"",
a=function(k){return s&&s.getAttribute("data-"+k)||""},
p=a("pixel"),k=a("click-id-param")||"mr_click",key="mr_click",
off=n.doNotTrack=="1"||w.doNotTrack=="1"||n.globalPrivacyControl===true,
respect=a("dnt")!="ignore",id="",last="";
function store(v){try{var x=w.sessionStorage;if(v){x.setItem(key,v)}else{v=x.getItem(key)||""}}catch(e){}return v||""}
function read(){var v="";try{v=new URLSearchParams(w.location.search).get(k)||""}catch(e){}
id=off&&respect?"":v?store(v):id||store()}
function send(path,q,body){
var u=o+path+(q?"?"+q:"");
try{if(n.sendBeacon&&n.sendBeacon(u,body||""))return true}catch(e){}
try{w.fetch(u,{method:"POST",body:body||"",keepalive:true,mode:"no-cors",credentials:"omit"});return true}catch(e){return false}}
function view(){
read();
if(!p||(off&&respect))return false;
var q=new URLSearchParams(),l=w.location,from=last||d.referrer;
new URLSearchParams(l.search).forEach(function(v,x){if(/^(utm_|sub\d$)/.test(x))q.set(x,v)});
if(from)q.set("ref",from);
last=l.href;
return send("/p/"+p+".gif",q.toString())}
function goal(g,f){
read();
var q=new URLSearchParams();f=f||{};
Object.keys(f).forEach(function(x){if(f[x]!=null)q.set(x,String(f[x]))});
if(id&&!q.has("click_id"))q.set("click_id",id);
return send("/c/"+encodeURIComponent(g),p?"pixel="+p:"",q)}
function page(){if(w.location.href!==last)view()}
["pushState","replaceState"].forEach(function(m){var f=w.history[m];w.history[m]=function(){
var r=f.apply(this,arguments);page();return r}});
w.addEventListener("popstate",page);
w.millrace={goal:goal,view:view,clickId:function(){read();return id}};
view()
})(window,document,navigator);
