using AdminApi;
using DlrProcessor;
using Exporters;
using Router;
using ServiceDefaults;
using SmppGateway;
using Workers;

// The six services in one process. They are stopped in reverse: first the doors (Kestrel, with it the gateway's sessions and the
// API), last the books.
var builder = WebApplication.CreateSlimBuilder(args);
builder.AddPlatformDefaults("standalone");
builder.Services.AddAdminApi(builder.Configuration);
builder.Services.AddExporters();
builder.Services.AddDlrProcessor();
builder.Services.AddWorkers();
builder.Services.AddRouter();
builder.AddSmppGateway();

var app = builder.Build();
app.MapPlatformDefaults();
app.MapAdminApi();
await app.RunAsync();
