using AdminApi;
using ServiceDefaults;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddPlatformDefaults("admin-api");
builder.Services.AddAdminApi(builder.Configuration);

var app = builder.Build();
app.MapPlatformDefaults();
app.MapAdminApi();
await app.RunAsync();
