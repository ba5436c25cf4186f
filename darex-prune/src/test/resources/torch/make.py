"""Writes weights.bin and weights.safetensors: the same tensors as torch and safetensors save them."""
import collections, torch
from safetensors.torch import save_file
g = torch.Generator().manual_seed(1)
w = torch.randn(3, 4, generator=g)
sd = collections.OrderedDict()
sd["a.weight"] = torch.nn.Parameter(w)
sd["a.transposed"] = w.t()
sd["a.slice"] = w[1:, 1:3]
sd["a.same"] = sd["a.weight"]
sd["b.bf16"] = torch.randn(5, generator=g).bfloat16()
sd["b.f16"] = torch.randn(2, 3, generator=g).half().t()
sd["b.f64"] = torch.randn(2, generator=g, dtype=torch.float64)
sd["c.ids"] = torch.arange(7).expand((1, -1))
for name in ("int32", "int16", "int8", "uint8", "uint16", "uint32"):
    sd["c." + name] = torch.tensor([1, 2, 3], dtype=getattr(torch, name))
sd["c.bool"] = torch.tensor([True, False])
sd["d.empty"] = torch.zeros(0, 5)
sd["d.scalar"] = torch.tensor(3.5)
sd["d.volume"] = torch.randn(2, 3, 4, generator=g).permute(2, 0, 1)
sd._metadata = collections.OrderedDict({"": {"version": 1}, "a": {"version": 1}})
torch.save(sd, "weights.bin")
save_file({k: v.detach().clone(memory_format=torch.contiguous_format) for k, v in sd.items()}, "weights.safetensors")
