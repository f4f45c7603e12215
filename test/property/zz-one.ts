import { compile } from '/work/main/src/engine/executor/compile.js';
import { step } from '/work/main/src/engine/step.js';
import { play, xmlOf } from '/work/main/test/property/compare.js';
import { generate } from '/work/main/test/property/generator.js';
const [a,b]=process.argv.slice(2).map(Number);
for(let s=a;s<=b;s++){const t=performance.now();const model=generate(s);
let calls=0;
const o=await play({compile:(x)=>compile(x),step:(d,i)=>{calls++;const t0=performance.now();const r=step(d,i);const dt=performance.now()-t0;if(dt>300)console.log('slow',s,dt.toFixed(0),JSON.stringify(i.action).slice(0,80),r.waits.length);return r}},model,{actionSeed:s,unsafe:process.argv.includes('--unsafe')} as any);
console.log(s,(performance.now()-t).toFixed(0)+'ms','calls',calls,'steps',o.steps,o.stopped,o.difference?o.difference.kind+' '+o.difference.message.slice(0,400):'');}
