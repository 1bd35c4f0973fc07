/** Files of many types, layouts and conventions, by netCDF4 and h5py. */
export const FILES = `
import netCDF4, h5py, numpy as np
rng = np.random.default_rng(3)
def fill(v, t, shape):
    n = np.dtype(t)
    if n.kind == 'f': v[...] = rng.normal(size=shape).astype(t)
    else:
        i = np.iinfo(n); v[...] = rng.integers(i.min, i.max, size=shape, dtype=n, endpoint=True)

d = netCDF4.Dataset('types.nc', 'w')
d.title = 'Grüße'; d.count = np.int64(2**60); d.small = np.uint8(7); d.list = np.array([1.5, np.nan]); d.words = ['a', 'bc']
d.createDimension('time', None); d.createDimension('y', 13); d.createDimension('x', 17); d.createDimension('letters', 6)
for t in ['i1','u1','i2','u2','i4','u4','i8','u8','f4','f8']:
    fill(d.createVariable('plain_' + t, t, ('y', 'x')), t, (13, 17))
    fill(d.createVariable('chunked_' + t, t, ('time', 'y', 'x'), chunksizes=(2, 5, 4), zlib=True, shuffle=True, fletcher32=True), t, (5, 13, 17))
    fill(d.createVariable('big_' + t, np.dtype(t).newbyteorder('>'), ('y', 'x'), endian='big'), t, (13, 17))
y = d.createVariable('y', 'f8', ('y',)); y.units = 'degrees_north'; y[:] = np.arange(13)
s = d.createVariable('words', str, ('y',)); s[:] = np.array(['größ', '', 'x' * 300] + ['w%d' % i for i in range(10)], dtype=object)
c = d.createVariable('names', 'S1', ('y', 'letters'))
c[:] = np.array([w.encode().ljust(6, b'\\0') for w in ['a', 'bc', 'größ', '', 'twelve', 'x y', 'z'] + ['k'] * 6]).view('S1').reshape(13, 6)
one = d.createVariable('scalar', 'f8', ()); one[...] = 2.5
p = d.createVariable('packed', 'i2', ('time', 'x'), fill_value=-32767); p.scale_factor = 0.5; p.add_offset = 10.0; p.set_auto_maskandscale(False)
p.units = 'K'; p.standard_name = 'air_temperature'; p.long_name = 'temperature'; p[:] = rng.integers(-5, 5, size=(5, 17))
short = d.createVariable('short', 'f4', ('time', 'x')); short[0:2] = rng.normal(size=(2, 17))
two = d.createVariable('time', 'f8', ('time',)); two.units = 'days since 2000-01-01'; two[:] = np.arange(5)
twice = d.createVariable('twice', 'i4', ('x', 'x')); twice[:] = rng.integers(0, 9, size=(17, 17))
enum = d.createEnumType('i1', 'sky_t', {'clear': 0, 'cloud': 1}); e = d.createVariable('sky', enum, ('y',)); e[:] = np.arange(13) % 2
g = d.createGroup('ocean'); g.depth = 'deep'; g.createDimension('z', 3)
z = g.createVariable('z', 'f4', ('z',)); z[:] = [0, 10, 20]
fill(g.createVariable('salt', 'f4', ('z', 'x')), 'f4', (3, 17))
h = g.createGroup('inner'); fill(h.createVariable('deep', 'f8', ('z', 'y')), 'f8', (3, 13))
d.close()

d = netCDF4.Dataset('holes.nc', 'w'); d.createDimension('y', 40); d.createDimension('x', 40)
v = d.createVariable('holes', 'f4', ('y', 'x'), chunksizes=(10, 10), zlib=True); v[0:10, 0:10] = 1; v[20:30, 5:25] = rng.normal(size=(10, 20)); v[30:40, 30:40] = netCDF4.default_fillvals['f4']
d.close()

f = h5py.File('plain.h5', 'w'); f.attrs['title'] = 'raw'; f.attrs['ref'] = f.ref; f.attrs['flag'] = True; f.attrs['fixed'] = np.bytes_('fix'); f.attrs['grid'] = np.arange(6).reshape(2, 3)
f['half'] = rng.normal(size=(3, 4)).astype('f2'); f['half'][0, 0] = np.inf
f['flags'] = np.array([True, False, True]); f['fixed'] = np.array([b'ab', b'c', b''], 'S4'); f['vlen'] = ['größ', 'x']
f['complex'] = (rng.normal(size=5) + 1j * rng.normal(size=5)).astype('c8'); f['complex2'] = rng.normal(size=5) + 1j
f['opaque'] = np.array([b'\\1\\2\\3', b'\\4\\5\\6'], 'V3'); f['scalar'] = np.int64(-2**62); f['enum_be'] = np.array([1, 300], h5py.enum_dtype({'A': 1, 'B': 300}, '>i2'))
f['group/inner/values'] = np.arange(24).reshape(2, 3, 4); f['group/soft'] = h5py.SoftLink('/half'); f['dangling'] = h5py.SoftLink('/nothing'); f['out'] = h5py.ExternalLink('/etc/passwd', '/x')
f['group/loop'] = f['group']
f.create_dataset('nbit', data=np.arange(10, dtype='i4'), chunks=(5,), scaleoffset=0)
f['unread_compound'] = np.array([(1, 2.5)], [('a', 'i4'), ('b', 'f8')]); f['unread_ref'] = np.array([f.ref], h5py.ref_dtype)
vl = f.create_dataset('unread_ragged', (2,), h5py.vlen_dtype('i4')); vl[0] = [1, 2]
f.create_dataset('unread_lzf', data=np.arange(100), chunks=(10,), compression='lzf')
f.create_dataset('unread_szip', data=np.arange(100), chunks=(100,), compression='szip')
f['empty'] = h5py.Empty('f4'); f['none'] = np.zeros((0, 3))
f.close()
f = h5py.File('latest.h5', 'w', libver='latest', userblock_size=1024)
f.create_dataset('a', data=rng.normal(size=(100, 30)), chunks=(10, 30), compression='gzip', maxshape=(None, 30))
f.create_dataset('b', data=np.arange(64), chunks=(8,)); f.create_dataset('c', data=np.arange(10)); f.create_dataset('filtered', data=np.arange(64), chunks=(8,), shuffle=True, maxshape=(None,))
f.close()
`

/** Three variables of 200 MB in chunks, a third of them written. */
export const BIG = `
import netCDF4, numpy as np
d = netCDF4.Dataset('big.nc', 'w'); d.createDimension('time', None); d.createDimension('lat', 721); d.createDimension('lon', 1440)
for n, s in [('time', 50), ('lat', 721), ('lon', 1440)]:
    v = d.createVariable(n, 'f8', (n,)); v[:] = np.arange(s); v.units = 'days since 2000-01-01' if n == 'time' else 'degrees'
for n in 'abc':
    v = d.createVariable(n, 'f4', ('time', 'lat', 'lon'), chunksizes=(1, 721, 1440)); v.long_name = 'variable ' + n
    for t in range(16): v[t] = np.full((721, 1440), t, 'f4')
d.close()
`
