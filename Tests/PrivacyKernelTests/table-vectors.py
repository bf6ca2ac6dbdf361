from mpmath import *
mp.dps=80
print('''// Written by table-vectors.py with mpmath at 80 digits.

/// σ² · 2^32, y, and P[|x| ≤ y] · 2^127 as two words.
let tableVectors: [(UInt128, Int, UInt64, UInt64)] = [''')
for units in [1<<30, 1<<32, (7*(1<<32))//3, 100<<32, 1369<<32, 10**4<<32, 1<<52]:
    s2=mpf(units)/2**32
    n=int(14*sqrt(s2))+3
    m=[exp(-mpf(x)**2/(2*s2)) for x in range(n)]
    Z=m[0]+2*sum(m[1:]); c=m[0]; cum=[c]
    for x in range(1,n):
        c+=2*m[x]; cum.append(c)
    for y in sorted({0,1,int(sqrt(s2)),int(3*sqrt(s2)),int(8*sqrt(s2))}):
        v=int(floor(cum[y]/Z*mpf(2)**127))
        print(f"    ({units}, {y}, 0x{v>>64:x}, 0x{v&(2**64-1):x}),")
print(''']

/// Numerator, denominator, and e^-(numerator/denominator) · 2^127 as two words.
let exponentialVectors: [(UInt128, UInt128, UInt64, UInt64)] = [''')
for a,b in [(0,1),(1,1),(1,2),(1,1000),(1,1<<21),(7,3),(22,7),(50,1),(88,1)]:
    v=int(floor(exp(-mpf(a)/b)*mpf(2)**127))
    print(f"    ({a}, {b}, 0x{v>>64:x}, 0x{v&(2**64-1):x}),")
print(']')
